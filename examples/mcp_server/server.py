"""A small library as an MCP server over standard input and output: python server.py"""

from mcp.server.mcpserver import MCPServer

BOOKS = {
    "The Dispossessed": "Ursula K. Le Guin",
    "The Left Hand of Darkness": "Ursula K. Le Guin",
    "Solaris": "Stanisław Lem",
}

server = MCPServer("library")


@server.tool()
def find_books(author: str) -> list[str]:
    """The books by an author; a part of the name is enough."""
    return [title for title, by in BOOKS.items() if author.lower() in by.lower()]


@server.tool()
def author_of(title: str) -> str:
    """Who wrote a book."""
    return BOOKS.get(title, "nobody that this library knows")


if __name__ == "__main__":
    server.run("stdio")
