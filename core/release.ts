/**
 * The release. A test compares it with package.json, which neither a bundle nor a browser can read.
 */
export const RELEASE = '0.1.0';
