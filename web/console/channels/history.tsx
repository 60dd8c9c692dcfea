/** The versions at which a channel has pointed. */
import type { ChannelBody } from '../../../client/stowage-client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { useLoaded } from '../parts/load.ts';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export interface HistoryProps {
  readonly channel: ChannelBody;
  goBack(versionId: string): void;
  close(): void;
}

export function History({ channel: { channel, versionId }, goBack, close }: HistoryProps) {
  const { t, date } = useWords();
  const { client } = useSession();
  const record = useLoaded((signal) => client.getChannelRecord(channel, { signal }), [channel]);
  return (
    <Dialog title={t.historyOf(channel)} close={close}>
      {record.error !== undefined && <Problem error={record.error} retry={record.reload} />}
      <ol class="history">
        {record.value?.history.map((one) => (
          <li key={`${one.versionId} ${one.movedAt}`}>
            <strong>{one.versionId}</strong> <span class="quiet">{date(one.movedAt)}</span>
            {one.versionId !== versionId && (
              <button
                type="button"
                aria-label={t.goBackTo(one.versionId)}
                onClick={() => goBack(one.versionId)}
              >
                {t.goBack}
              </button>
            )}
          </li>
        ))}
      </ol>
    </Dialog>
  );
}
