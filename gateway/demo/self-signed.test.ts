import { createPrivateKey, X509Certificate } from "node:crypto";
import { expect, it } from "vitest";
import { selfSigned } from "./self-signed.ts";

it("is a certificate for the names of loopback, with its key, good now", async () => {
  const { certificate, key } = await selfSigned();
  const read = new X509Certificate(certificate);
  expect(read.checkPrivateKey(createPrivateKey(key))).toBe(true);
  expect(read.verify(read.publicKey)).toBe(true);
  expect(read.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
  expect([read.checkHost("localhost"), read.checkIP("127.0.0.1"), read.checkIP("::1")]).toEqual([
    "localhost",
    "127.0.0.1",
    "::1",
  ]);
  expect(read.checkHost("example.com")).toBeUndefined();
  expect(read.ca).toBe(false);
  const now = new Date();
  expect(new Date(read.validFrom) < now && now < new Date(read.validTo)).toBe(true);
});

it("is another one each time", async () => {
  const [a, b] = await Promise.all([selfSigned(), selfSigned()]);
  expect(a.key).not.toBe(b.key);
  expect(new X509Certificate(a.certificate).serialNumber).not.toBe(new X509Certificate(b.certificate).serialNumber);
});
