/** Starts the console, a page of the service that it works with. */
import { render } from 'preact';
import { WithWords } from '../texts/texts.tsx';
import { App } from './app.tsx';

/** The service is one level above the console. */
const url = new URL('..', document.baseURI).href.replace(/\/$/, '');
const place = document.getElementById('console');

if (place !== null)
  render(
    <WithWords>
      <App url={url} />
    </WithWords>,
    place,
  );
