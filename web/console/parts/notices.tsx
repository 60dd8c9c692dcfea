/** Short messages after an action, read out by screen readers. */
import { type ComponentChildren, createContext } from 'preact';
import { useCallback, useContext, useRef, useState } from 'preact/hooks';

const Context = createContext<(text: string) => void>(() => {});
const SHOWN_MS = 6000;

/** @returns a function that shows a message */
export function useNotice(): (text: string) => void {
  return useContext(Context);
}

export function WithNotices({ children }: { readonly children: ComponentChildren }) {
  const [text, setText] = useState('');
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const show = useCallback((shown: string) => {
    clearTimeout(timer.current);
    setText(shown);
    timer.current = setTimeout(() => setText(''), SHOWN_MS);
  }, []);
  return (
    <Context.Provider value={show}>
      {children}
      <div class="notice" role="status">
        {text}
      </div>
    </Context.Provider>
  );
}
