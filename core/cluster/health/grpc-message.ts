import { Buffer } from "node:buffer";

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
export const SERVING = 1;

/** `HealthCheckRequest { string service = 1; }` as a gRPC message: five octets of frame, then protobuf. */
export function healthRequest(service: string): Uint8Array {
  const name = Buffer.from(service, "utf8");
  const body = name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(body.length, 1);
  return Buffer.concat([frame, body]);
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  return [...bytes, value];
}

/**
 * The status of a `HealthCheckResponse { ServingStatus status = 1; }`: 0 when it is not set; -1 when this is no such message. Fields that are not known are passed over.
 */
export function servingStatus(message: Uint8Array): number {
  let at = 0;
  let status = 0;
  const read = (): number => {
    let value = 0;
    for (let shift = 0; shift < 64; shift += 7) {
      if (at >= message.length) return -1;
      const byte = message[at++];
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    return -1;
  };
  while (at < message.length) {
    const key = read();
    if (key < 8) return -1;
    switch (key % 8) {
      case 0: {
        const value = read();
        if (value < 0) return -1;
        if (key === 8) status = value;
        break;
      }
      case 1:
        at += 8;
        break;
      case 2: {
        const length = read();
        if (length < 0) return -1;
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        return -1;
    }
  }
  return at === message.length ? status : -1;
}
