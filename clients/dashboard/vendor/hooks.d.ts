/** What the dashboard uses of preact's hooks. */
type Update<T> = T | ((before: T) => T);
type Effect = () => void | (() => void);
export function useState<T>(initial: T | (() => T)): [T, (value: Update<T>) => void];
export function useState<T = undefined>(): [T | undefined, (value: Update<T | undefined>) => void];
export function useRef<T>(initial: T): { current: T };
export function useRef<T>(): { current: T | null };
export function useEffect(effect: Effect, inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: Effect, inputs?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, inputs?: readonly unknown[]): T;
export function useCallback<T extends (...args: any[]) => any>(callback: T, inputs: readonly unknown[]): T;
