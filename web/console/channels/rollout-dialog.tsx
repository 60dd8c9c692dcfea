/** The rollout of a channel: starts one, changes its share, pauses, resumes and ends it. */
import { useState } from 'preact/hooks';
import { afterChecks } from '../../../client/await-checks.ts';
import type { ChannelBody } from '../../../client/stowage-client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { useNotice } from '../parts/notices.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { VersionChoice } from './version-choice.tsx';

export function RolloutState({ channel: { rollout } }: { readonly channel: ChannelBody }) {
  const { t, percent } = useWords();
  if (rollout === undefined) return null;
  const say = rollout.paused ? t.rolloutPaused : t.rolloutState;
  return (
    <small>
      {t.rollout}: {say(rollout.versionId, percent(rollout.percent))}
    </small>
  );
}

export interface RolloutDialogProps {
  readonly channel: ChannelBody;
  changed(): void;
  close(): void;
}

type Act = 'set' | 'pause' | 'resume' | 'complete' | 'abort';

export function RolloutDialog({ channel: record, changed, close }: RolloutDialogProps) {
  const { channel, rollout } = record;
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const [act, setAct] = useState<Act>('set');
  const [chosen, setChosen] = useState('');
  const [share, setShare] = useState(String(rollout?.percent ?? 5));
  const [waits, setWaits] = useState(false);
  const versionId = rollout?.versionId ?? chosen;
  const put = (body: { readonly percent: number; readonly paused?: boolean }) =>
    afterChecks(client, versionId, () => client.putRollout(channel, { versionId, ...body }), {
      onWaiting: () => setWaits(true),
    }).finally(() => setWaits(false));
  const send = async () => {
    const percent = rollout?.percent ?? 0;
    if (act === 'set') await put({ percent: Number(share) });
    else if (act === 'complete') await client.completeRollout(channel);
    else if (act === 'abort') await client.deleteRollout(channel);
    else await put({ percent, paused: act === 'pause' });
    show(t.rolloutChanged(channel));
    changed();
  };
  const acts: readonly Act[] = ['set', rollout?.paused ? 'resume' : 'pause', 'complete', 'abort'];
  return (
    <Dialog
      title={t.rolloutOf(channel)}
      action={rollout === undefined ? t.startRollout : t.rolloutActs[act].split(':')[0]}
      isDangerous={act === 'abort'}
      isReady={versionId !== ''}
      act={send}
      close={close}
    >
      <p>{t.rolloutHint}</p>
      {rollout === undefined ? (
        <VersionChoice label={t.rolloutVersion} versionId={chosen} choose={setChosen} />
      ) : (
        <>
          <p>
            <RolloutState channel={record} />
          </p>
          <fieldset class="choices">
            <legend>{t.whatToDo}</legend>
            {acts.map((one) => (
              <label key={one} class="check">
                <input type="radio" name="act" checked={one === act} onChange={() => setAct(one)} />
                {t.rolloutActs[one]}
              </label>
            ))}
          </fieldset>
        </>
      )}
      {act === 'set' && (
        <Field label={t.percent}>
          {(ids) => (
            <input
              {...ids}
              type="number"
              min="0"
              max="100"
              step="any"
              required
              value={share}
              onInput={(event) => setShare(event.currentTarget.value)}
            />
          )}
        </Field>
      )}
      {waits && <p role="status">{t.checksWaiting}</p>}
    </Dialog>
  );
}
