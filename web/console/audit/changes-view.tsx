/** The last changes: who did what, when. */
import type { AuditEventBody } from '../../../client/stowage-client.ts';
import { List } from '../parts/list.tsx';
import { useList } from '../parts/load.ts';
import { hrefOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export function ChangesView() {
  const { t, date } = useWords();
  const { client } = useSession();
  const listed = useList((signal) => client.listAudit({ limit: 100, signal }), []);
  return (
    <>
      <h1 tabIndex={-1}>{t.lastChanges}</h1>
      <List
        listed={listed}
        caption={t.lastChanges}
        searchLabel={t.searchChanges}
        textOf={(change) => `${change.who} ${change.action} ${subjectOf(change)}`}
        columns={[t.when, t.who, t.action, t.subject]}
        empty={<p>{t.noChanges}</p>}
        row={(change) => (
          <tr key={`${change.requestId} ${change.at} ${change.action} ${subjectOf(change)}`}>
            <th scope="row">{date(change.at)}</th>
            <td data-label={t.who}>{change.who}</td>
            <td data-label={t.action}>{change.action}</td>
            <td data-label={t.subject}>
              {change.versionId === undefined ? (
                subjectOf(change)
              ) : (
                <a href={hrefOf('versions', change.versionId)}>{subjectOf(change)}</a>
              )}
              {change.detail !== undefined && <small>{textOf(change.detail)}</small>}
            </td>
          </tr>
        )}
      />
    </>
  );
}

function subjectOf({ channel, versionId, packageId, tokenId }: AuditEventBody): string {
  const parts = [channel, [versionId, packageId].filter(Boolean).join('/')].filter(Boolean);
  return parts.length === 0 ? (tokenId ?? '') : parts.join(' → ');
}

function textOf(detail: unknown): string {
  return typeof detail === 'string' ? detail : JSON.stringify(detail);
}
