/** Starts the console, a page of the service that it works with. */
import { render } from 'preact';
import { WithWords } from '../texts/texts.tsx';
import { App } from './app.tsx';

/** Where the page names no service, it is one level above the console. */
const named = document.querySelector<HTMLMetaElement>('meta[name="stowage-api"]')?.content ?? '';
const url = new URL(named || '..', document.baseURI).href.replace(/\/$/, '');
const place = document.getElementById('console');

if (place !== null)
  render(
    <WithWords>
      <App url={url} />
    </WithWords>,
    place,
  );
