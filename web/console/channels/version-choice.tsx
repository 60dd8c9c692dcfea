/** A choice among the newest released versions. */
import { Field } from '../parts/field.tsx';
import { useLoaded } from '../parts/load.ts';
import { Problem } from '../parts/problem.tsx';
import { useSession } from '../session/session.ts';

export interface VersionChoiceProps {
  readonly label: string;
  /** Offered although it may not be among the newest. */
  readonly first?: string;
  readonly versionId: string;
  choose(versionId: string): void;
}

const OFFERED = 100;

export function VersionChoice({ label, first = '', versionId, choose }: VersionChoiceProps) {
  const { client } = useSession();
  const versions = useLoaded(async (signal) => {
    const released: string[] = [];
    for await (const one of client.listVersions({ limit: OFFERED, signal })) {
      if (!one.draft) released.push(one.versionId);
      if (released.length === OFFERED) break;
    }
    return released;
  }, []);
  return (
    <>
      {versions.error !== undefined && <Problem error={versions.error} retry={versions.reload} />}
      <Field label={label}>
        {(ids) => (
          <select
            {...ids}
            value={versionId}
            onChange={(event) => choose(event.currentTarget.value)}
          >
            <option value="" />
            {withFirst(versions.value ?? [], first).map((one) => (
              <option key={one} value={one}>
                {one}
              </option>
            ))}
          </select>
        )}
      </Field>
    </>
  );
}

/** An older version of a history may be missing among the newest. */
function withFirst(versions: readonly string[], first: string): readonly string[] {
  return first === '' || versions.includes(first) ? versions : [first, ...versions];
}
