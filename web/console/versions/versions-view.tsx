/** All versions, newest first. */
import { List } from '../parts/list.tsx';
import { useList } from '../parts/load.ts';
import { hrefOf } from '../route.ts';
import { useSession } from '../session/session.ts';
import { useWords } from '../texts/texts.tsx';

export function VersionsView() {
  const { t, date } = useWords();
  const { client } = useSession();
  const listed = useList((signal) => client.listVersions({ limit: 500, signal }), []);
  return (
    <>
      <h1 tabIndex={-1}>{t.versions}</h1>
      <List
        listed={listed}
        caption={t.versions}
        searchLabel={t.searchVersions}
        textOf={({ versionId }) => versionId}
        columns={[t.version, t.state, t.created]}
        empty={
          <>
            <p>{t.noVersions}</p>
            <p>{t.noVersionsHint}</p>
          </>
        }
        row={({ versionId, draft, createdAt }) => (
          <tr key={versionId}>
            <th scope="row">
              <a href={hrefOf('versions', versionId)}>{versionId}</a>
            </th>
            <td data-label={t.state}>
              <span class={`state ${draft ? 'pending' : 'available'}`}>
                {draft ? t.draft : t.released}
              </span>
            </td>
            <td data-label={t.created}>{date(createdAt)}</td>
          </tr>
        )}
      />
    </>
  );
}
