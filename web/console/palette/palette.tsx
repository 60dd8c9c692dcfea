/** The command palette: Ctrl+K, a few letters, Enter. A combobox, as screen readers know it. */
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { useLoaded } from '../parts/load.ts';
import { go } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { type Command, matching } from './commands.ts';

export interface PaletteProps {
  /** Of the menu and the frame; versions are added. */
  readonly commands: readonly Command[];
}

export function PaletteButton({ commands }: PaletteProps) {
  const { t } = useWords();
  const [isOpen, setOpen] = useState(false);
  useEffect(() => {
    const open = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      // A dialog that is open is answered first.
      if (document.querySelector('dialog[open]') === null) setOpen(true);
    };
    addEventListener('keydown', open);
    return () => removeEventListener('keydown', open);
  }, []);
  return (
    <>
      <button
        type="button"
        title={t.commandsKey}
        aria-keyshortcuts="Control+K Meta+K"
        onClick={() => setOpen(true)}
      >
        {t.commands}
      </button>
      {isOpen && <Palette commands={commands} close={() => setOpen(false)} />}
    </>
  );
}

function Palette({ commands, close }: PaletteProps & { readonly close: () => void }) {
  const { t } = useWords();
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  const [typed, setTyped] = useState('');
  const [place, setPlace] = useState(0);
  const versions = useNewestVersions();
  useEffect(() => dialog.current?.showModal(), []);
  const openVersion = (versionId: string): Command => ({
    id: `version ${versionId}`,
    label: t.openVersion(versionId),
    run: () => go('versions', versionId),
  });
  const found = matching([...commands, ...versions.map(openVersion)], typed);
  // Not every version is loaded, so what looks like one can be opened.
  const name = typed.trim();
  const isName = /^[\w.+-]+$/.test(name) && !versions.includes(name);
  const offered = isName ? [...found, openVersion(name)] : found;
  const chosen = Math.min(place, offered.length - 1);
  const run = (command: Command | undefined) => {
    if (command === undefined) return;
    dialog.current?.close();
    command.run();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Enter') run(offered[chosen]);
    else if (event.key === 'ArrowDown') setPlace((chosen + 1) % Math.max(offered.length, 1));
    else if (event.key === 'ArrowUp') setPlace(Math.max(chosen - 1, 0));
    else return;
    event.preventDefault();
  };
  return (
    <dialog ref={dialog} class="palette" aria-label={t.commands} onClose={close}>
      <input
        type="text"
        role="combobox"
        aria-label={t.commandsHint}
        aria-expanded="true"
        aria-autocomplete="list"
        aria-controls={`${id}-list`}
        aria-activedescendant={chosen < 0 ? undefined : `${id}-${chosen}`}
        placeholder={t.commandsHint}
        autocomplete="off"
        spellcheck={false}
        value={typed}
        onKeyDown={press}
        onInput={(event) => {
          setTyped(event.currentTarget.value);
          setPlace(0);
        }}
      />
      <div id={`${id}-list`} role="listbox" aria-label={t.commands}>
        {offered.map((command, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above has the keys, and the focus
          <div
            key={command.id}
            id={`${id}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            onClick={() => run(command)}
          >
            {command.label}
          </div>
        ))}
      </div>
      <p role="status" class="quiet">
        {offered.length === 0 ? t.none : ''}
      </p>
    </dialog>
  );
}

const LOADED = 100;

function useNewestVersions(): readonly string[] {
  const { client } = useSession();
  const versions = useLoaded(async (signal) => {
    const ids: string[] = [];
    for await (const { versionId } of client.listVersions({ limit: LOADED, signal })) {
      ids.push(versionId);
      if (ids.length === LOADED) break;
    }
    return ids;
  }, []);
  return versions.value ?? [];
}
