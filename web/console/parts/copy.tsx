/** A text that is to be copied, with a button that does it. */
import { useWords } from '../texts/texts.tsx';
import { useNotice } from './notices.tsx';

export interface CopyProps {
  readonly label: string;
  readonly text: string;
}

export function Copy({ label, text }: CopyProps) {
  const { t } = useWords();
  const show = useNotice();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      show(t.copied);
    } catch {
      show(t.copyFailed);
    }
  };
  return (
    <div class="copy">
      <span class="label">{label}</span>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a long line is scrolled with the keyboard */}
      <code tabIndex={0}>{text}</code>
      <button type="button" onClick={copy} aria-label={`${t.copy}: ${label}`}>
        {t.copy}
      </button>
    </div>
  );
}
