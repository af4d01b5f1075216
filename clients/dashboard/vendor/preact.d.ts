/** What the dashboard uses of preact. */
export type Child = any;
export function createElement(type: any, props: Record<string, any> | null, ...children: Child[]): Child;
export function render(child: Child, parent: Element): void;
export const Fragment: (props: { children?: Child }) => Child;
