/** Takes files that are dropped anywhere on the page. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useWords } from '../texts/texts.tsx';
import { droppedFiles } from './dropped-files.ts';

export function DropAnywhere({ onFiles }: { readonly onFiles: (files: readonly File[]) => void }) {
  const { t } = useWords();
  const [isOver, setOver] = useState(false);
  const take = useRef(onFiles);
  take.current = onFiles;
  useEffect(() => {
    const stop = new AbortController();
    const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true;
    const over = (event: DragEvent) => {
      if (!hasFiles(event)) return;
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const drop = async (event: DragEvent) => {
      if (!hasFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setOver(false);
      take.current(await droppedFiles(event.dataTransfer));
    };
    const { signal } = stop;
    addEventListener('dragover', over, { signal });
    addEventListener('dragleave', leave, { signal });
    addEventListener('drop', (event) => void drop(event), { signal });
    return () => stop.abort();
  }, []);
  return isOver ? <div class="drop-here">{t.dropNow}</div> : null;
}
