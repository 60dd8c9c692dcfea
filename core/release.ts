/** Which release this is; a test holds it equal to package.json, which neither a bundle nor a browser can read. */
export const RELEASE = '0.1.0';
