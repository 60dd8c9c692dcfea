/** Creates a channel or moves it, and shows before what that changes for those who follow it. */
import { useState } from 'preact/hooks';
import { afterChecks } from '../../../client/await-checks.ts';
import type {
  ChannelBody,
  CheckRunBody,
  PackageBody,
  StowageClient,
} from '../../../client/stowage-client.ts';
import { VersionChecks } from '../checks/version-checks.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { useLoaded } from '../parts/load.ts';
import { Loading } from '../parts/loading.tsx';
import { useNotice } from '../parts/notices.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { VersionChoice } from './version-choice.tsx';

export interface MoveChannelProps {
  /** None: a new one. */
  readonly channel: ChannelBody | undefined;
  /** The version that is chosen first. */
  readonly to: string;
  moved(): void;
  close(): void;
}

export function MoveChannel({ channel, to, moved, close }: MoveChannelProps) {
  const { t } = useWords();
  const { client, may } = useSession();
  const show = useNotice();
  const [name, setName] = useState(channel?.channel ?? '');
  const [versionId, setVersionId] = useState(to);
  const [found, setFound] = useState<CheckRunBody>();
  const [skips, setSkips] = useState(false);
  const [waits, setWaits] = useState(false);
  const move = async () => {
    // Someone else may have moved it since this page showed it.
    const expected = channel === undefined ? {} : { expectedVersionId: channel.versionId };
    const body = { versionId, ...expected, ...(skips && { skipChecks: true }) };
    const onWaiting = () => setWaits(true);
    await afterChecks(client, versionId, () => client.putChannel(name, body), {
      onWaiting,
    }).finally(() => setWaits(false));
    show(t.movedTo(name, versionId));
    moved();
  };
  return (
    <Dialog
      title={channel === undefined ? t.newChannel : t.moveTitle(channel.channel)}
      action={versionId === '' ? t.move : t.moveHere(name, versionId)}
      isReady={name !== '' && versionId !== ''}
      act={move}
      close={close}
    >
      {channel === undefined && (
        <Field label={t.channelName}>
          {(ids) => (
            <input
              {...ids}
              value={name}
              required
              spellcheck={false}
              onInput={(event) => setName(event.currentTarget.value.trim())}
            />
          )}
        </Field>
      )}
      <VersionChoice
        label={t.moveTo}
        first={to}
        versionId={versionId}
        choose={(chosen) => {
          setVersionId(chosen);
          setSkips(false);
        }}
      />
      {channel !== undefined && versionId !== '' && (
        <Preview from={channel.versionId} to={versionId} />
      )}
      {versionId !== '' && (
        <VersionChecks versionId={versionId} channel={channel?.channel} found={setFound} />
      )}
      {found?.versionId === versionId && found.passed === false && (
        <>
          <p>{t.checksStop}</p>
          {may('admin') && (
            <label class="check">
              <input
                type="checkbox"
                checked={skips}
                onChange={(event) => setSkips(event.currentTarget.checked)}
              />
              {t.skipChecks}
            </label>
          )}
        </>
      )}
      {waits && <p role="status">{t.checksWaiting}</p>}
    </Dialog>
  );
}

function Preview({ from, to }: { readonly from: string; readonly to: string }) {
  const { t } = useWords();
  const { client } = useSession();
  const changes = useLoaded((signal) => compare(client, from, to, signal), [from, to]);
  if (changes.error !== undefined) return <Problem error={changes.error} retry={changes.reload} />;
  if (changes.value === undefined) return <Loading />;
  const { gained, lost, changed, kept } = changes.value;
  const groups = [
    [t.gains, gained],
    [t.loses, lost],
    [t.changes, changed],
  ] as const;
  return (
    <section aria-label={t.preview} class="preview" role="status">
      <h3>{t.preview}</h3>
      {from === to && <p>{t.previewSame}</p>}
      <dl>
        {groups
          .filter(([, names]) => names.length > 0)
          .map(([label, names]) => (
            <div key={label}>
              <dt>{label}</dt>
              <dd>{shortList(names)}</dd>
            </div>
          ))}
      </dl>
      <p class="quiet">{t.keeps(kept)}</p>
    </section>
  );
}

const SHOWN = 20;

function shortList(names: readonly string[]): string {
  const rest = names.length - SHOWN;
  return `${names.slice(0, SHOWN).join(', ')}${rest > 0 ? ` +${rest}` : ''}`;
}

async function compare(client: StowageClient, from: string, to: string, signal: AbortSignal) {
  const [before, after] = await Promise.all([
    digests(client, from, signal),
    digests(client, to, signal),
  ]);
  const both = [...after.keys()].filter((name) => before.has(name));
  return {
    gained: [...after.keys()].filter((name) => !before.has(name)),
    lost: [...before.keys()].filter((name) => !after.has(name)),
    changed: both.filter((name) => before.get(name) !== after.get(name)),
    kept: both.filter((name) => before.get(name) === after.get(name)).length,
  };
}

async function digests(client: StowageClient, versionId: string, signal: AbortSignal) {
  const found = new Map<string, PackageBody['sha256']>();
  for await (const { filename, sha256, state } of client.listPackages(versionId, {
    limit: 1000,
    signal,
  }))
    if (state === 'available') found.set(filename, sha256);
  return found;
}
