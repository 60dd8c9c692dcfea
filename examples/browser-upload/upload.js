/** Uploads the files that are chosen in index.html, and shows how far each of them is. */
import { createUploader } from 'stowage/client';

/** Where your service is. */
const SERVICE = new URLSearchParams(location.search).get('service') ?? 'http://127.0.0.1:8787';

/** Your server (server.js) makes a token for this one upload. */
async function fetchGrant({ versionId, filename, totalBytes: size }) {
  const body = JSON.stringify({ versionId, filename, size });
  const answer = await fetch('/grants', { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

const uploader = createUploader({
  url: SERVICE,
  getToken: fetchGrant,
  startWorker: () => new Worker(new URL('./hash-worker.js', import.meta.url)),
});

const byId = (id) => document.getElementById(id);

byId('files').addEventListener('change', ({ target }) => {
  for (const file of target.files) {
    const upload = uploader.add({ file, versionId: byId('version').value });
    const line = document.createElement('li');
    byId('uploads').append(line);
    const draw = () => {
      const percent = Math.floor((100 * upload.bytes) / upload.totalBytes);
      line.textContent = `${upload.filename}: ${upload.state}, ${percent} %`;
    };
    uploader.on('change', draw);
    uploader.on('progress', draw);
    draw();
    upload.done.catch((error) => {
      line.textContent = `${upload.filename}: ${error.code ?? error.name}, ${error.message}`;
    });
  }
});
byId('pause').addEventListener('click', () => uploader.pause());
byId('resume').addEventListener('click', () => uploader.resume());
