/** What the dashboard uses of marked. */
export interface Token {
  type: string;
  raw: string;
  text?: string;
  lang?: string;
  depth?: number;
  tokens?: Token[];
  items?: Token[];
  ordered?: boolean;
  start?: number | "";
  task?: boolean;
  checked?: boolean;
  loose?: boolean;
  href?: string;
  title?: string | null;
  header?: { tokens: Token[] }[];
  rows?: { tokens: Token[] }[][];
  align?: (string | null)[];
  display?: boolean;
}
export interface Extension {
  name: string;
  level: "block" | "inline";
  start(source: string): number | undefined;
  tokenizer(source: string): Token | undefined;
}
export class Marked {
  constructor(options: { gfm?: boolean; breaks?: boolean; extensions?: Extension[] });
  lexer(source: string): Token[];
}
