/**
 * Replaces `node:crypto` in the bundles. An ES import of a module of Node reads every export, and so
 * loads what Node else loads late, such as Web Crypto. A name that is missing here fails the build.
 */
export const {
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  createVerify,
  createCipheriv,
  createDecipheriv,
  generateKeyPair,
  generateKeyPairSync,
  getRandomValues,
  hash,
  hkdfSync,
  randomBytes,
  randomFillSync,
  randomInt,
  randomUUID,
  sign,
  timingSafeEqual,
  verify,
} = process.getBuiltinModule('node:crypto');
