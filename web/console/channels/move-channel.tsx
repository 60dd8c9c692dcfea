/** Creates a channel or moves it, and shows before what that changes for those who follow it. */
import { useState } from 'preact/hooks';
import type { ChannelBody, PackageBody, StowageClient } from '../../../client/stowage-client.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { useLoaded } from '../parts/load.ts';
import { useNotice } from '../parts/notices.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

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
  const { client } = useSession();
  const show = useNotice();
  const [name, setName] = useState(channel?.channel ?? '');
  const [versionId, setVersionId] = useState(to);
  const versions = useLoaded(async (signal) => {
    const released: string[] = [];
    for await (const one of client.listVersions({ limit: 100, signal })) {
      if (!one.draft) released.push(one.versionId);
      if (released.length === 100) break;
    }
    return released;
  }, []);
  const move = async () => {
    // Someone else may have moved it since this page showed it.
    const expected = channel === undefined ? {} : { expectedVersionId: channel.versionId };
    await client.putChannel(name, { versionId, ...expected });
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
      {versions.error !== undefined && <Problem error={versions.error} retry={versions.reload} />}
      <Field label={t.moveTo}>
        {(ids) => (
          <select
            {...ids}
            value={versionId}
            onChange={(event) => setVersionId(event.currentTarget.value)}
          >
            <option value="" />
            {withChosen(versions.value ?? [], to).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </Field>
      {channel !== undefined && versionId !== '' && (
        <Preview from={channel.versionId} to={versionId} />
      )}
    </Dialog>
  );
}

/** An older version of the history may be missing among the newest. */
function withChosen(versions: readonly string[], chosen: string): readonly string[] {
  return chosen === '' || versions.includes(chosen) ? versions : [chosen, ...versions];
}

function Preview({ from, to }: { readonly from: string; readonly to: string }) {
  const { t } = useWords();
  const { client } = useSession();
  const changes = useLoaded((signal) => compare(client, from, to, signal), [from, to]);
  if (changes.error !== undefined) return <Problem error={changes.error} retry={changes.reload} />;
  if (changes.value === undefined) return <p role="status">{t.loading}</p>;
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
