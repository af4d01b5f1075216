/** Methods that change nothing: one whose answer was lost may be called again. */
export declare const SAFE: Set<string>;
/** The topic under which an event is told. @type {Record<string, string>} */
export declare const TOPICS: Record<string, string>;
