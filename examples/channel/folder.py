"""A channel that is a folder: a file put into `in/` is a message, its answer is a file in `out/`.

openclaw channels install examples/channel/folder.py
openclaw channels enable folder
echo "What can you do?" > ~/.openclaw/channels/folder/in/question.txt
"""

import anyio

from openclaw_rpc.channels import Channel, Message, OutboundMessage, Receive


class FolderChannel(Channel):
    id = "folder"
    name = "Folder"
    max_file = 100 << 20

    async def run(self, receive: Receive) -> None:
        inbox = anyio.Path(self.data_dir / "in")
        await inbox.mkdir(exist_ok=True)
        while True:
            async for file in inbox.glob("*.txt"):
                text = (await file.read_text()).strip()
                stat = await file.stat()
                # The same id means the same message: after a crash it is not answered twice.
                await receive(Message(id=f"{file.name}:{stat.st_mtime_ns}", sender=file.stem, text=text))
                await file.unlink()
            await anyio.sleep(0.2)

    async def send_message(self, to: str, message: OutboundMessage) -> None:
        out = anyio.Path(self.data_dir / "out")
        await out.mkdir(exist_ok=True)
        if message.file is not None:
            await (out / message.file.name).write_bytes(await anyio.Path(message.file).read_bytes())
        else:
            await (out / f"{to}.txt").write_text(message.text + "\n")
