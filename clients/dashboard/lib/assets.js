/** Where the dashboard's files are. */
export const ASSETS = new URL("..", import.meta.url).href;
