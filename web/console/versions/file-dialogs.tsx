/** What can be done with one file: details, a link for a customer, yank, restore, delete. */
import { useState } from 'preact/hooks';
import type { CreatedLink, PackageBody } from '../../../client/stowage-client.ts';
import { Copy } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { useNotice } from '../parts/notices.tsx';
import { TypeName } from '../parts/type-name.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export type FileAction = 'details' | 'link' | 'yank' | 'restore' | 'delete';

export interface FileDialogProps {
  readonly file: PackageBody;
  readonly isDraft: boolean;
  changed(newer: PackageBody): void;
  close(): void;
}

export function FileDialog({
  action,
  ...props
}: FileDialogProps & { readonly action: FileAction }) {
  switch (action) {
    case 'details':
      return <Details {...props} />;
    case 'link':
      return <LinkForPeople {...props} />;
    case 'yank':
      return <Yank {...props} />;
    case 'restore':
      return <Restore {...props} />;
    case 'delete':
      return <Delete {...props} />;
  }
}

/** In quotes, for a shell. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

function Details({ file, close }: FileDialogProps) {
  const { t, bytes, date } = useWords();
  const { client } = useSession();
  const { versionId, filename, sha256 } = file;
  const url = client.stableUrl(versionId, filename);
  return (
    <Dialog title={filename} close={close}>
      <dl>
        <dt>{t.state}</dt>
        <dd>{t.states[file.state] ?? file.state}</dd>
        <dt>{t.size}</dt>
        <dd>{bytes(file.size)}</dd>
        <dt>{t.type}</dt>
        <dd>{file.contentType}</dd>
        <dt>{t.created}</dt>
        <dd>{date(file.createdAt)}</dd>
        {file.publishedAt !== undefined && (
          <>
            <dt>{t.published}</dt>
            <dd>{date(file.publishedAt)}</dd>
          </>
        )}
        {Object.entries(file.metadata).map(([name, value]) => (
          <MetadataPair key={name} name={name} value={value} />
        ))}
      </dl>
      {sha256 !== undefined && <Copy label="SHA-256" text={sha256} />}
      <Copy label={t.link} text={url} />
      <Copy label={t.curl} text={curlCommand(url)} />
      <Copy label={t.cli} text={`stowage pull ${quoted(`${versionId}/${filename}`)}`} />
    </Dialog>
  );
}

function curlCommand(url: string): string {
  return `curl -fLOJ --oauth2-bearer "$STOWAGE_TOKEN" ${quoted(url)}`;
}

function MetadataPair({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </>
  );
}

const HOURS = [1, 24, 72, 168, 720] as const;

function LinkForPeople({ file: { versionId, filename }, close }: FileDialogProps) {
  const { t, date } = useWords();
  const { client } = useSession();
  const [hours, setHours] = useState(24);
  const [made, setMade] = useState<CreatedLink>();
  const make = async () => {
    // A minute less, so that 30 days are within the limit of the service.
    const expiresAt = new Date(Date.now() + hours * 3_600_000 - 60_000).toISOString();
    setMade(await client.createLink({ versionId, filename, expiresAt }));
  };
  return (
    <Dialog
      title={t.linkTitle(filename)}
      {...(made === undefined ? { action: t.makeLink, act: make, stays: true } : {})}
      close={close}
    >
      {made === undefined ? (
        <>
          <p>{t.linkHint}</p>
          <Field label={t.validFor}>
            {(ids) => (
              <select
                {...ids}
                value={hours}
                onChange={(event) => setHours(Number(event.currentTarget.value))}
              >
                {HOURS.map((one) => (
                  <option key={one} value={one}>
                    {one < 24 ? t.hours(one) : t.days(one / 24)}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      ) : (
        <>
          <p role="status">
            {t.linkOnce} ({t.expires(date(made.expiresAt))})
          </p>
          <Copy label={t.link} text={made.url} />
        </>
      )}
    </Dialog>
  );
}

function Yank({ file: { versionId, packageId, filename }, changed, close }: FileDialogProps) {
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const [reason, setReason] = useState('');
  const yank = async () => {
    const text = reason.trim();
    changed(await client.yankPackage(versionId, packageId, text === '' ? {} : { reason: text }));
    show(t.yanked(filename));
  };
  return (
    <Dialog title={t.yankTitle(filename)} action={t.yank} isDangerous act={yank} close={close}>
      <p>{t.yankHint}</p>
      <Field label={t.reason}>
        {(ids) => (
          <input
            {...ids}
            value={reason}
            maxLength={500}
            onInput={(event) => setReason(event.currentTarget.value)}
          />
        )}
      </Field>
    </Dialog>
  );
}

function Restore({ file: { versionId, packageId, filename }, changed, close }: FileDialogProps) {
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const restore = async () => {
    changed(await client.restorePackage(versionId, packageId));
    show(t.restored(filename));
  };
  return (
    <Dialog title={`${t.restore}: ${filename}`} action={t.restore} act={restore} close={close}>
      {null}
    </Dialog>
  );
}

function Delete({ file: { versionId, packageId, filename }, changed, close }: FileDialogProps) {
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const [typed, setTyped] = useState('');
  const remove = async () => {
    changed(await client.deletePackage(versionId, packageId));
    show(t.removed(filename));
  };
  return (
    <Dialog
      title={t.removeTitle(filename)}
      action={t.remove}
      isDangerous
      isReady={typed === filename}
      act={remove}
      close={close}
    >
      <p>{t.removeHint}</p>
      <TypeName name={filename} typed={typed} setTyped={setTyped} />
    </Dialog>
  );
}
