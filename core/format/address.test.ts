import { describe, expect, test } from "vitest";
import { maskAddress, portOf, withoutPort, withPort } from "./address.ts";

describe("addresses", () => {
  test.each([
    ["10.1.2.3", 80, "10.1.2.3:80"],
    ["::1", 80, "[::1]:80"],
  ])("%s with port %i and back", (ip, port, text) => {
    expect(withPort(ip, port)).toBe(text);
    expect(withoutPort(text)).toBe(ip);
    expect(portOf(text)).toBe(port);
  });

  test.each([
    ["/var/run/x.sock", "/var/run/x.sock"],
    ["::1", "::1"],
    ["", ""],
  ])("%j has no port", (text, ip) => {
    expect(withoutPort(text)).toBe(ip);
    expect(portOf(text)).toBe(-1);
  });

  test.each([
    ["10.1.10.23", 16, "10.1.0.0/16"],
    ["10.1.10.23", 32, "10.1.10.23/32"],
    ["10.1.10.23", 0, "0.0.0.0/0"],
    ["10.1.255.23", 20, "10.1.240.0/20"],
    ["2001:db8:1234:5678:9abc:def0:1234:5678", 64, "2001:db8:1234:5678::/64"],
    ["2001:db8::1", 128, "2001:db8::1/128"],
    ["::ffff:10.1.2.3", 104, "::ffff:a00:0/104"],
    ["fe80::1%eth0", 10, "fe80::/10"],
  ])("%s in a network of %i bits", (ip, bits, text) => {
    expect(maskAddress(ip, bits)).toBe(text);
  });

  test.each([
    ["10.1.10.23", 33],
    ["10.1.10", 8],
    ["name", 8],
    ["1:2:3", 8],
    ["::1::2", 8],
    ["::12345", 8],
  ])("%s has no network of %i bits", (ip, bits) => {
    expect(maskAddress(ip, bits)).toBeUndefined();
  });
});
