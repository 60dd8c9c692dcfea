/** An error: what is so, and what to do. */
import { isStowageError } from '../../../client/stowage-error.ts';
import { useWords } from '../texts/texts.tsx';
import { Findings } from './findings.tsx';

export interface ProblemProps {
  readonly error: unknown;
  readonly retry?: (() => void) | undefined;
}

export function Problem({ error, retry }: ProblemProps) {
  const { t } = useWords();
  const known = isStowageError(error) ? error : undefined;
  const advice = known === undefined ? t.unexpected : t.errors[known.code];
  const detail = error instanceof Error ? error.message : String(error);
  return (
    <div class="problem" role="alert">
      {advice !== undefined && <p>{advice}</p>}
      <p class="detail">{detail}</p>
      {known !== undefined && known.checks.length > 0 && <Findings checks={known.checks} />}
      {known?.requestId !== undefined && <p class="detail">{t.requestId(known.requestId)}</p>}
      {retry !== undefined && (
        <button type="button" onClick={retry}>
          {t.tryAgain}
        </button>
      )}
    </div>
  );
}
