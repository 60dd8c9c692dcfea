/** Uppy's Dashboard, which uploads to Stowage by the plugin `stowage/uppy`. */
import Uppy from '@uppy/core';
import Dashboard from '@uppy/dashboard';
import { StowageUpload } from 'stowage/uppy';
import '@uppy/core/css/style.min.css';
import '@uppy/dashboard/css/style.min.css';

/** Where your service is. */
const SERVICE = new URLSearchParams(location.search).get('service') ?? 'http://127.0.0.1:8787';

/** Your server (../browser-upload/server.js) makes a token for this one upload. */
async function fetchGrant({ versionId, filename, totalBytes: size }) {
  const body = JSON.stringify({ versionId, filename, size });
  const answer = await fetch('/grants', { method: 'POST', body });
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}

new Uppy()
  .use(Dashboard, { inline: true, target: '#uploads', width: '100%', theme: 'auto' })
  .use(StowageUpload, {
    url: SERVICE,
    getToken: fetchGrant,
    versionId: () => document.getElementById('version').value,
    startWorker: () => new Worker(new URL('./hash-worker.js', import.meta.url)),
  })
  .on('upload-success', (file, { uploadURL, body }) => {
    const line = document.createElement('li');
    line.textContent = `${file.name}: ${uploadURL}, SHA-256 ${body.sha256}`;
    document.getElementById('published').append(line);
  });
