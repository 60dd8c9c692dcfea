/** All tokens: create one, whose secret is shown once, and revoke one. */
import { useState } from 'preact/hooks';
import type { CreatedToken, TokenBody } from '../../../client/stowage-client.ts';
import { Copy } from '../parts/copy.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../parts/field.tsx';
import { List } from '../parts/list.tsx';
import { useList } from '../parts/load.ts';
import { useNotice } from '../parts/notices.tsx';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

type Open = 'new' | TokenBody;

export function TokensView() {
  const { t, date } = useWords();
  const { client } = useSession();
  const [open, setOpen] = useState<Open>();
  const listed = useList((signal) => client.listTokens({ signal }), []);
  const close = () => setOpen(undefined);
  return (
    <>
      <h1 tabIndex={-1}>{t.tokens}</h1>
      <p>
        <button type="button" class="main" onClick={() => setOpen('new')}>
          {t.newToken}
        </button>
      </p>
      <List
        listed={listed}
        caption={t.tokens}
        textOf={({ name, tokenId }) => `${name} ${tokenId}`}
        columns={[t.name, t.scope, t.pattern, t.expiry, t.actions]}
        empty={<p>{t.none}</p>}
        row={(token) => (
          <tr key={token.tokenId}>
            <th scope="row">
              {token.name}
              <small>{token.tokenId}</small>
            </th>
            <td data-label={t.scope}>
              {token.upload === undefined
                ? token.scopes.map((scope) => t.scopes[scope] ?? scope).join(', ')
                : t.oneUpload}
            </td>
            <td data-label={t.pattern}>{token.versions ?? t.anyVersion}</td>
            <td data-label={t.expiry}>
              {token.expiresAt === undefined ? t.never : date(token.expiresAt)}
            </td>
            <td class="actions">
              <button
                type="button"
                aria-label={t.revokeOf(token.name)}
                onClick={() => setOpen(token)}
              >
                {t.revoke}
              </button>
            </td>
          </tr>
        )}
      />
      {open === 'new' && <NewToken made={listed.reload} close={close} />}
      {typeof open === 'object' && <Revoke token={open} revoked={listed.reload} close={close} />}
    </>
  );
}

const SCOPES = ['read', 'publish', 'release', 'admin'] as const;
const DAYS = [1, 7, 30, 90, 365, 0] as const;

interface NewTokenProps {
  made(): void;
  close(): void;
}

function NewToken({ made, close }: NewTokenProps) {
  const { t } = useWords();
  const { client } = useSession();
  const [name, setName] = useState('');
  const [scope, setScope] = useState<(typeof SCOPES)[number]>('read');
  const [pattern, setPattern] = useState('');
  const [days, setDays] = useState(30);
  const [token, setToken] = useState<CreatedToken>();
  const create = async () => {
    const created = await client.createToken({
      name,
      scopes: [scope],
      ...(pattern !== '' && { versions: pattern }),
      ...(days > 0 && { expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() }),
    });
    setToken(created);
    made();
  };
  if (token !== undefined)
    return (
      <Dialog key="secret" title={token.name} close={close}>
        <p role="status">{t.secretOnce}</p>
        <Copy label={t.token} text={token.token} />
      </Dialog>
    );
  return (
    <Dialog
      key="form"
      title={t.newToken}
      action={t.createToken}
      isReady={name !== ''}
      act={create}
      stays
      close={close}
    >
      <Field label={t.name}>
        {(ids) => (
          <input
            {...ids}
            value={name}
            required
            autocomplete="off"
            onInput={(event) => setName(event.currentTarget.value)}
          />
        )}
      </Field>
      <Field label={t.scope}>
        {(ids) => (
          <select
            {...ids}
            value={scope}
            onChange={(event) =>
              setScope(SCOPES.find((one) => one === event.currentTarget.value) ?? 'read')
            }
          >
            {SCOPES.map((one) => (
              <option key={one} value={one}>
                {t.scopes[one]}
              </option>
            ))}
          </select>
        )}
      </Field>
      <Field label={t.pattern} hint={t.patternHint}>
        {(ids) => (
          <input
            {...ids}
            value={pattern}
            autocomplete="off"
            spellcheck={false}
            onInput={(event) => setPattern(event.currentTarget.value.trim())}
          />
        )}
      </Field>
      <Field label={t.expiry}>
        {(ids) => (
          <select
            {...ids}
            value={days}
            onChange={(event) => setDays(Number(event.currentTarget.value))}
          >
            {DAYS.map((one) => (
              <option key={one} value={one}>
                {one === 0 ? t.never : t.days(one)}
              </option>
            ))}
          </select>
        )}
      </Field>
    </Dialog>
  );
}

interface RevokeProps {
  readonly token: TokenBody;
  revoked(): void;
  close(): void;
}

function Revoke({ token: { tokenId, name }, revoked, close }: RevokeProps) {
  const { t } = useWords();
  const { client } = useSession();
  const show = useNotice();
  const revoke = async () => {
    await client.deleteToken(tokenId);
    show(t.revoked(name));
    revoked();
  };
  return (
    <Dialog title={t.revokeTitle(name)} action={t.revoke} isDangerous act={revoke} close={close}>
      <p>{t.revokeHint}</p>
    </Dialog>
  );
}
