/** A modal dialog with one action, which reports its error and closes when it is done. */
import type { ComponentChildren } from 'preact';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useWords } from '../texts/texts.tsx';
import { Problem } from './problem.tsx';

export interface DialogProps {
  readonly title: string;
  /** Name of the button that acts. None: the dialog only shows something. */
  readonly action?: string | undefined;
  readonly isDangerous?: boolean;
  readonly isReady?: boolean;
  readonly act?: (() => Promise<unknown>) | undefined;
  /** Whether the dialog stays open after the action. */
  readonly stays?: boolean;
  close(): void;
  readonly children: ComponentChildren;
}

export function Dialog(props: DialogProps) {
  const { title, action, isDangerous = false, isReady = true, act, stays, close, children } = props;
  const { t } = useWords();
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    // What had the focus gets it back from the browser.
    dialog.current?.showModal();
  }, []);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    setBusy(true);
    setError(undefined);
    try {
      await act?.();
      setBusy(false);
      if (stays !== true) dialog.current?.close();
    } catch (failure) {
      setBusy(false);
      setError(failure);
    }
  };
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={close}>
      <form onSubmit={submit}>
        <h2 id={titleId}>{title}</h2>
        {children}
        {error !== undefined && <Problem error={error} />}
        <div class="buttons">
          <button type="button" onClick={() => dialog.current?.close()}>
            {action === undefined ? t.close : t.cancel}
          </button>
          {action !== undefined && (
            <button
              type="submit"
              class={isDangerous ? 'danger' : 'main'}
              disabled={isBusy || !isReady}
            >
              {action}
            </button>
          )}
        </div>
      </form>
    </dialog>
  );
}
