/** One version with its files. States change as the service reports them. */
import { useState } from 'preact/hooks';
import type { PackageBody, VersionBody } from '../../../client/stowage-client.ts';
import { VersionChecks } from '../checks/version-checks.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { List } from '../parts/list.tsx';
import { useEvery, useList, useLoaded } from '../parts/load.ts';
import { useNotice } from '../parts/notices.tsx';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';
import { type FileAction, FileDialog } from './file-dialogs.tsx';
import { SealDialog } from './seal-dialog.tsx';

interface Open {
  readonly file: PackageBody;
  readonly action: FileAction;
}

/** Files whose state is asked again. */
const WATCHED = 20;

export function VersionView({ versionId }: { readonly versionId: string }) {
  const { t } = useWords();
  const { client } = useSession();
  const [open, setOpen] = useState<Open>();
  const version = useLoaded((signal) => client.getVersion(versionId, { signal }), [versionId]);
  const listed = useList(
    (signal) => client.listPackages(versionId, { limit: 200, signal }),
    [versionId],
  );
  const replace = (newer: PackageBody) =>
    listed.replace(({ packageId }) => packageId === newer.packageId, newer);
  const unsettled = listed.items
    .filter(({ state }) => state === 'pending' || state === 'verifying')
    .slice(0, WATCHED);
  useEvery(2000, unsettled.length > 0, () => {
    for (const { packageId } of unsettled)
      client.getPackage(versionId, packageId).then(replace, () => listed.reload());
  });
  return (
    <>
      <h1 tabIndex={-1}>{versionId}</h1>
      {version.error !== undefined && <Problem error={version.error} retry={version.reload} />}
      {version.value !== undefined && (
        <About version={version.value} reload={() => version.reload()} />
      )}
      <List
        listed={listed}
        caption={versionId}
        searchLabel={t.searchFiles}
        textOf={({ filename, os = '', arch = '' }) => `${filename} ${os} ${arch}`}
        columns={[t.file, t.platform, t.size, t.state, t.actions]}
        empty={<p>{t.noFiles}</p>}
        row={(file) => (
          <FileRow key={file.packageId} file={file} act={(action) => setOpen({ file, action })} />
        )}
      />
      {open !== undefined && (
        <FileDialog
          {...open}
          isDraft={version.value?.draft === true}
          changed={replace}
          close={() => setOpen(undefined)}
        />
      )}
    </>
  );
}

interface AboutProps {
  readonly version: VersionBody;
  reload(): void;
}

function About({ version: { versionId, draft, notes, sealedAt }, reload }: AboutProps) {
  const { t, date } = useWords();
  const { client, may } = useSession();
  const show = useNotice();
  const [asks, setAsks] = useState<'release' | 'seal' | 'checks'>();
  const close = () => setAsks(undefined);
  const release = async () => {
    await client.putVersion(versionId, { draft: false });
    show(t.releasedNow(versionId));
    reload();
  };
  return (
    <div class="about">
      <span class={`state ${draft ? 'pending' : 'available'}`}>{draft ? t.draft : t.released}</span>
      {draft && <p>{t.draftHint}</p>}
      {draft && may('publish') && (
        <button type="button" class="main" onClick={() => setAsks('release')}>
          {t.release}
        </button>
      )}
      {sealedAt !== undefined && <span class="sealed">{t.sealedSince(date(sealedAt))}</span>}
      {may('release') && (
        <button type="button" onClick={() => setAsks('checks')}>
          {t.runChecks}
        </button>
      )}
      {may('release') && !draft && sealedAt === undefined && (
        <button type="button" onClick={() => setAsks('seal')}>
          {t.seal}
        </button>
      )}
      {notes !== undefined && (
        <details>
          <summary>{t.notes}</summary>
          <pre>{notes}</pre>
        </details>
      )}
      {asks === 'release' && (
        <Dialog title={t.releaseTitle(versionId)} action={t.release} act={release} close={close}>
          <p>{t.releaseHint}</p>
        </Dialog>
      )}
      {asks === 'checks' && (
        <Dialog title={t.checksOf(versionId)} close={close}>
          <p>{t.checksHint}</p>
          <VersionChecks versionId={versionId} />
        </Dialog>
      )}
      {asks === 'seal' && <SealDialog versionId={versionId} sealed={reload} close={close} />}
    </div>
  );
}

interface FileRowProps {
  readonly file: PackageBody;
  act(action: FileAction): void;
}

function FileRow({ file, act }: FileRowProps) {
  const { t, bytes } = useWords();
  const { may } = useSession();
  const { filename, state } = file;
  const actions: readonly (readonly [FileAction, string, boolean])[] = [
    ['details', t.details, true],
    ['link', t.temporaryLink, state === 'available' && may('publish')],
    ['yank', t.yank, state === 'available' && may('admin')],
    ['restore', t.restore, state === 'yanked' && may('admin')],
    ['delete', t.remove, (state === 'available' || state === 'yanked') && may('admin')],
  ];
  return (
    <tr>
      <th scope="row">{filename}</th>
      <td data-label={t.platform}>{[file.os, file.arch, file.libc].filter(Boolean).join(' ')}</td>
      <td data-label={t.size}>{bytes(file.size)}</td>
      <td data-label={t.state}>
        <span class={`state ${state}`}>{t.states[state] ?? state}</span>
        {file.yankReason !== undefined && state === 'yanked' && (
          <small>{t.yankedBecause(file.yankReason)}</small>
        )}
      </td>
      <td class="actions">
        {actions
          .filter(([, , isShown]) => isShown)
          .map(([action, label]) => (
            <button
              key={action}
              type="button"
              aria-label={`${label}: ${filename}`}
              onClick={() => act(action)}
            >
              {label}
            </button>
          ))}
      </td>
    </tr>
  );
}
