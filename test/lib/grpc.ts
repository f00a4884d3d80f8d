import { Client, credentials, Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import type {
  ChannelOptions,
  MethodDefinition,
  ServiceError,
  StatusObject,
  UntypedServiceImplementation,
  status,
} from "@grpc/grpc-js";

/** A method whose messages are bytes as they are: what a gateway sees of any message. */
export type BytesMethod = MethodDefinition<Buffer, Buffer>;

const asIs = (bytes: Buffer): Buffer => bytes;

/** A method of `/test.Bytes/`. */
export function bytesMethod(name: string, requestStream: boolean, responseStream: boolean): BytesMethod {
  return {
    path: `/test.Bytes/${name}`,
    requestStream,
    responseStream,
    requestSerialize: asIs,
    requestDeserialize: asIs,
    responseSerialize: asIs,
    responseDeserialize: asIs,
  };
}

/** One method of each kind, and one that no server knows. */
export const METHODS = {
  unary: bytesMethod("Unary", false, false),
  gather: bytesMethod("Gather", true, false),
  scatter: bytesMethod("Scatter", false, true),
  chat: bytesMethod("Chat", true, true),
} as const;
export const UNKNOWN_METHOD = bytesMethod("Unknown", false, false);

/** A gRPC server on a free port of loopback. */
export interface GrpcOrigin {
  readonly port: number;
  close(): void;
}

export async function startGrpcOrigin(methods: UntypedServiceImplementation): Promise<GrpcOrigin> {
  const server = new Server({ "grpc.max_receive_message_length": -1, "grpc.max_send_message_length": -1 });
  server.addService(METHODS, methods);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { port, close: () => server.forceShutdown() };
}

/** What came of a call with one answer. */
export interface UnaryResult {
  readonly code: status;
  readonly details: string;
  readonly message: Buffer;
  readonly initial: Metadata;
  readonly trailing: Metadata;
}

/** A client without retries of its own. */
export class GrpcClient extends Client {
  constructor(port: number, options: ChannelOptions = {}) {
    super(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.max_receive_message_length": -1,
      "grpc.max_send_message_length": -1,
      "grpc.enable_retries": 0,
      "grpc.use_local_subchannel_pool": 1,
      ...options,
    });
  }

  /** Asks once; never rejects. */
  ask(
    method: BytesMethod,
    message: Buffer,
    fields: Record<string, string | Buffer> = {},
    deadline?: number,
  ): Promise<UnaryResult> {
    return new Promise((resolve) => {
      let initial = new Metadata();
      let answer = Buffer.alloc(0);
      let failure: ServiceError | null = null;
      const call = this.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        message,
        metadata(fields),
        deadline === undefined ? {} : { deadline },
        (error, value) => {
          failure = error;
          if (value !== undefined) answer = value as Buffer<ArrayBuffer>;
        },
      );
      call.on("metadata", (received: Metadata) => (initial = received));
      call.on("status", ({ code, details, metadata: trailing }: StatusObject) =>
        // The status may come before the callback has run.
        setImmediate(() => resolve({ code: failure?.code ?? code, details, message: answer, initial, trailing })),
      );
    });
  }
}

/** Metadata of plain values; names that end in -bin take bytes. */
export function metadata(fields: Record<string, string | Buffer>): Metadata {
  const made = new Metadata();
  for (const [name, value] of Object.entries(fields)) made.add(name, value);
  return made;
}
