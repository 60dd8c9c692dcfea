/** What checks have found, mistakes first: where, and what to do about it. */
import type { CheckRunBody } from '../../../client/stowage-client.ts';
import { useWords } from '../texts/texts.tsx';

export interface FindingsProps {
  readonly checks: readonly CheckRunBody['checks'][number][];
}

const ORDER = ['failed', 'skipped', 'passed'] as const;

export function Findings({ checks }: FindingsProps) {
  const { t } = useWords();
  const ordered = checks.toSorted((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict));
  return (
    <table class="findings">
      <caption class="hidden">{t.checks}</caption>
      <thead>
        <tr>
          {[t.file, t.verdict, t.check, t.finding].map((column) => (
            <th key={column} scope="col">
              {column}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {ordered.map(({ check, filename = '', line, verdict, detail }, place) => (
          <tr key={place}>
            <th scope="row">{line === undefined ? filename : t.inLine(filename, line)}</th>
            <td data-label={t.verdict}>
              <span class={`state ${verdict}`}>{t.checkVerdicts[verdict] ?? verdict}</span>
            </td>
            <td data-label={t.check}>{check}</td>
            <td data-label={t.finding}>{detail}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
