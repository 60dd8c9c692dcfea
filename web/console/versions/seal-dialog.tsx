/** Seals a version, which is for good: its name is typed first. */
import { useState } from 'preact/hooks';
import { Dialog } from '../parts/dialog.tsx';
import { useNotice } from '../parts/notices.tsx';
import { TypeName } from '../parts/type-name.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export interface SealDialogProps {
  readonly versionId: string;
  sealed(): void;
  close(): void;
}

export function SealDialog({ versionId, sealed, close }: SealDialogProps) {
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const [typed, setTyped] = useState('');
  const seal = async () => {
    await client.sealVersion(versionId);
    show(t.sealedNow(versionId));
    sealed();
  };
  return (
    <Dialog
      title={t.sealTitle(versionId)}
      action={t.seal}
      isDangerous
      isReady={typed === versionId}
      act={seal}
      close={close}
    >
      <p>{t.sealHint}</p>
      <TypeName name={versionId} typed={typed} setTyped={setTyped} />
    </Dialog>
  );
}
