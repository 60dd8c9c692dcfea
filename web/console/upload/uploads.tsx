/** The uploads that are under way or over. */
import { Problem } from '../parts/problem.tsx';
import { useWords } from '../texts/texts.tsx';
import type { Running, UploadDesk } from './upload-desk.ts';

export function Uploads({ desk }: { readonly desk: UploadDesk }) {
  const { t } = useWords();
  return (
    <>
      {desk.isBusy && (
        <div class="buttons">
          <button type="button" onClick={() => desk.pause()}>
            {t.pauseAll}
          </button>
          <button type="button" onClick={() => desk.resume()}>
            {t.resumeAll}
          </button>
          <button type="button" class="danger" onClick={() => void desk.cancel()}>
            {t.cancelAll}
          </button>
        </div>
      )}
      <ul class="files">
        {desk.running.map((one) => (
          <OneUpload key={one.id} one={one} desk={desk} />
        ))}
      </ul>
    </>
  );
}

function OneUpload({ one, desk }: { readonly one: Running; readonly desk: UploadDesk }) {
  const { t, bytes, duration } = useWords();
  const { upload, rate } = one;
  const { filename, state, totalBytes } = upload;
  const perSecond = state === 'sending' || state === 'hashing' ? rate.perSecond : undefined;
  const isShown = perSecond !== undefined && perSecond > 0 && upload.bytes < totalBytes;
  return (
    <li class="card upload">
      <strong>{filename}</strong>
      <span class={`state ${state}`} role="status">
        {t.uploadStates[state] ?? state}
      </span>
      <progress aria-label={t.progressOf(filename)} max={totalBytes} value={upload.bytes} />
      <span class="quiet">
        {bytes(upload.bytes)} / {bytes(totalBytes)}
        {isShown &&
          `, ${t.rate(bytes(perSecond), duration((totalBytes - upload.bytes) / perSecond))}`}
      </span>
      <span class="buttons">
        {!upload.hasEnded && state !== 'paused' && (
          <button type="button" aria-label={t.pauseOf(filename)} onClick={() => upload.pause()}>
            {t.pause}
          </button>
        )}
        {state === 'paused' && (
          <button type="button" aria-label={t.resumeOf(filename)} onClick={() => upload.resume()}>
            {t.resume}
          </button>
        )}
        {!upload.hasEnded && (
          <button
            type="button"
            aria-label={t.cancelOf(filename)}
            onClick={() => void upload.cancel()}
          >
            {t.cancel}
          </button>
        )}
        {(state === 'failed' || state === 'cancelled') && (
          <button type="button" aria-label={t.retryOf(filename)} onClick={() => desk.retry(one)}>
            {t.tryAgain}
          </button>
        )}
      </span>
      {state === 'failed' && <Problem error={upload.error} />}
    </li>
  );
}
