/** Loads what a view shows: one answer, or a list page by page. */
import { useCallback, useEffect, useRef, useState } from 'preact/hooks';

export interface Loaded<Value> {
  readonly value: Value | undefined;
  readonly error: unknown;
  /** Asks again and keeps showing what there is meanwhile. */
  reload(): void;
}

/** @param inputs the answer depends on; other inputs load again */
export function useLoaded<Value>(
  load: (signal: AbortSignal) => Promise<Value>,
  inputs: readonly unknown[],
): Loaded<Value> {
  const [value, setValue] = useState<Value>();
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const key = JSON.stringify(inputs);
  const last = useRef(key);
  useEffect(() => {
    const stop = new AbortController();
    if (last.current !== key) setValue(undefined);
    last.current = key;
    load(stop.signal).then(
      (answer) => {
        if (stop.signal.aborted) return;
        setValue(answer);
        setError(undefined);
      },
      (failure) => {
        if (!stop.signal.aborted) setError(failure);
      },
    );
    return () => stop.abort();
  }, [key, round]);
  const reload = useCallback(() => setRound((before) => before + 1), []);
  return { value, error, reload };
}

export interface Listed<Item> {
  readonly items: readonly Item[];
  readonly isWhole: boolean;
  readonly isLoading: boolean;
  readonly error: unknown;
  more(): void;
  reload(): void;
  /** Puts a newer record in the place of an older one. */
  replace(isSame: (item: Item) => boolean, newer: Item): void;
}

const PAGE = 100;

export function useList<Item>(
  open: (signal: AbortSignal) => AsyncGenerator<Item, void, void>,
  inputs: readonly unknown[],
): Listed<Item> {
  const [items, setItems] = useState<readonly Item[]>([]);
  const [isWhole, setWhole] = useState(false);
  const [isLoading, setLoading] = useState(true);
  const [error, setError] = useState<unknown>();
  const [round, setRound] = useState(0);
  const source = useRef<AsyncGenerator<Item, void, void>>(undefined);
  const key = JSON.stringify(inputs);

  const pull = useCallback(async (from: AsyncGenerator<Item, void, void>, isFirst: boolean) => {
    setLoading(true);
    const page: Item[] = [];
    let ended = false;
    let failure: unknown;
    try {
      while (page.length < PAGE && !ended) {
        const next = await from.next();
        if (next.done === true) ended = true;
        else page.push(next.value);
      }
    } catch (thrown) {
      failure = thrown;
    }
    if (source.current !== from) return;
    setItems((before) => (isFirst ? page : [...before, ...page]));
    setWhole(ended);
    setError(failure);
    setLoading(false);
  }, []);
  useEffect(() => {
    const stop = new AbortController();
    const from = open(stop.signal);
    source.current = from;
    void pull(from, true);
    return () => stop.abort();
  }, [key, round]);

  const more = () => {
    if (source.current !== undefined && !isLoading) void pull(source.current, false);
  };
  const reload = useCallback(() => setRound((before) => before + 1), []);
  const replace = useCallback((isSame: (item: Item) => boolean, newer: Item) => {
    setItems((before) => before.map((item) => (isSame(item) ? newer : item)));
  }, []);
  return { items, isWhole, isLoading, error, more, reload, replace };
}

/** Calls `look` every `milliseconds` while `isOn` and the page is visible. */
export function useEvery(milliseconds: number, isOn: boolean, look: () => void): void {
  const latest = useRef(look);
  latest.current = look;
  useEffect(() => {
    if (!isOn) return;
    const timer = setInterval(() => {
      if (document.visibilityState === 'visible') latest.current();
    }, milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds, isOn]);
}
