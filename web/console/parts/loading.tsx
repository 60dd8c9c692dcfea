/** Says that an answer is waited for, and what to do if it does not come. */
import { useEffect, useState } from 'preact/hooks';
import { useWords } from '../texts/texts.tsx';

/** People wait this long without a word. */
const LONG_MS = 10_000;

export function Loading() {
  const { t } = useWords();
  const [isLong, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG_MS);
    return () => clearTimeout(timer);
  }, []);
  return <p role="status">{isLong ? t.loadingLong : t.loading}</p>;
}
