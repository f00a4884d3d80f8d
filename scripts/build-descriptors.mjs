// Writes dist/descriptors.bin: one FileDescriptorSet of Envoy's API, from the .proto files that @grpc/grpc-js-xds carries.
// They are parsed by protobufjs; its own descriptor extension merges files by package and loses their imports, so the descriptors
// are put together here. Options (validation rules, annotations) are left out: nothing reads them at run time.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { create, createFileRegistry, toBinary } from "@bufbuild/protobuf";
import * as wkt from "@bufbuild/protobuf/wkt";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const require = createRequire(import.meta.url);
/** A development dependency: the published package carries the file instead. */
function loadProtobufjs() {
  try {
    return require("protobufjs");
  } catch {
    return undefined;
  }
}
const protobuf = loadProtobufjs();
if (protobuf === undefined) console.log("descriptors: skipped, protobufjs is not installed (a development dependency)");
else buildDescriptors();

function buildDescriptors() {
  const deps = join(dirname(require.resolve("@grpc/grpc-js-xds/package.json")), "deps");
  // googleapis holds much that Envoy's API does not use: only what is imported is read.
  const roots = ["envoy-api", "xds", "protoc-gen-validate", "googleapis"].map((name) => join(deps, name));

  const TYPES = {
    double: 1,
    float: 2,
    int64: 3,
    uint64: 4,
    int32: 5,
    fixed64: 6,
    fixed32: 7,
    bool: 8,
    string: 9,
    bytes: 12,
    uint32: 13,
    sfixed32: 15,
    sfixed64: 16,
    sint32: 17,
    sint64: 18,
  };
  const LABEL = { optional: 1, required: 2, repeated: 3 };

  /** The well-known files come from @bufbuild/protobuf itself. */
  const wellKnown = new Map();
  for (const file of Object.values(wkt)) if (file?.kind === "file") wellKnown.set(`${file.name}.proto`, file.proto);

  /** Files that only define options of other files. */
  const isAnnotation = (name) =>
    /(^|\/)annotations\/|^validate\/|^google\/protobuf\/descriptor\.proto$|^google\/api\/(annotations|http)\.proto$/.test(name);

  function* protoFiles(directory, base = directory) {
    for (const entry of readdirSync(directory, { withFileTypes: true })) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) yield* protoFiles(path, base);
      else if (entry.name.endsWith(".proto")) yield relative(base, path).replaceAll("\\", "/");
    }
  }

  const files = new Map();
  /** Imported, and not among the files: OpenCensus and the like. */
  const missing = new Set();
  function read(name) {
    if (files.has(name) || missing.has(name) || isAnnotation(name) || wellKnown.has(name)) return;
    let text;
    for (const base of roots) {
      try {
        text = readFileSync(join(base, name), "utf8");
        break;
      } catch {
        continue;
      }
    }
    if (text === undefined) {
      missing.add(name);
      return;
    }
    const parsed = protobuf.parse(text, new protobuf.Root(), { keepCase: true, alternateCommentMode: false });
    const imports = [...(parsed.imports ?? []), ...(parsed.weakImports ?? [])].filter((file) => !isAnnotation(file));
    files.set(name, { package: parsed.package ?? "", root: parsed.root, imports });
    for (const file of imports) read(file);
  }
  // What is left of version 2 imports files that are gone.
  for (const name of protoFiles(roots[0])) if (/\/v3(alpha)?\//.test(name)) read(name);
  for (const name of protoFiles(roots[1])) read(name);

  /** All messages and enums by full name: what field types are resolved against. */
  const kinds = new Map();
  for (const { proto } of Object.values(wkt).filter((file) => file?.kind === "file")) collectProto(proto, `.${proto.package}`);
  function collectProto(container, scope) {
    for (const type of container.messageType ?? container.nestedType ?? []) {
      kinds.set(`${scope}.${type.name}`, 11);
      collectProto(type, `${scope}.${type.name}`);
    }
    for (const type of container.enumType ?? []) kinds.set(`${scope}.${type.name}`, 14);
  }
  function collect(namespace) {
    for (const object of namespace.nestedArray ?? []) {
      if (object instanceof protobuf.Type) kinds.set(object.fullName, 11);
      else if (object instanceof protobuf.Enum) kinds.set(object.fullName, 14);
      if (object instanceof protobuf.Namespace) collect(object);
    }
  }
  for (const { root: parsed } of files.values()) collect(parsed);

  /** Protobuf's scoping: the innermost scope that has the name wins. */
  function resolve(type, scope) {
    if (type.startsWith(".")) return type;
    for (let at = scope; ; at = at.slice(0, at.lastIndexOf("."))) {
      const candidate = `${at}.${type}`;
      if (kinds.has(candidate)) return candidate;
      if (at === "") return undefined;
    }
  }

  const jsonName = (name) => name.replace(/_+(.)/g, (_, letter) => letter.toUpperCase());

  const unresolved = new Set();

  function fieldType(type, scope) {
    if (type in TYPES) return { type: TYPES[type] };
    const typeName = resolve(type, scope);
    // A message of a missing file is bytes: the same on the wire, and the field stays known.
    if (typeName === undefined) {
      unresolved.add(type);
      return { type: TYPES.bytes };
    }
    return { type: kinds.get(typeName), typeName };
  }

  function enumDescriptor(type) {
    return { name: type.name, value: Object.entries(type.values).map(([name, number]) => ({ name, number })) };
  }

  function messageDescriptor(type) {
    const nestedType = [];
    const enumType = [];
    for (const object of type.nestedArray) {
      if (object instanceof protobuf.Type) nestedType.push(messageDescriptor(object));
      else if (object instanceof protobuf.Enum) enumType.push(enumDescriptor(object));
    }
    const oneofDecl = [];
    const field = [];
    for (const of of type.oneofsArray)
      if (!of.fieldsArray.some((member) => member.options?.proto3_optional)) oneofDecl.push({ name: of.name });
    const oneofs = oneofDecl.map(({ name }) => name);
    for (const member of type.fieldsArray) {
      const common = { name: member.name, number: member.id, jsonName: jsonName(member.name) };
      if (member instanceof protobuf.MapField) {
        const entry = `${member.name.replace(/(^|_)(.)/g, (_all, _line, letter) => letter.toUpperCase())}Entry`;
        nestedType.push({
          name: entry,
          options: { mapEntry: true },
          field: [
            { name: "key", number: 1, label: 1, jsonName: "key", ...fieldType(member.keyType, type.fullName) },
            { name: "value", number: 2, label: 1, jsonName: "value", ...fieldType(member.type, type.fullName) },
          ],
        });
        field.push({ ...common, label: LABEL.repeated, type: 11, typeName: `${type.fullName}.${entry}` });
        continue;
      }
      const oneofIndex = member.partOf ? oneofs.indexOf(member.partOf.name) : -1;
      field.push({
        ...common,
        label: LABEL[member.rule ?? "optional"],
        ...fieldType(member.type, type.fullName),
        ...(oneofIndex >= 0 ? { oneofIndex } : {}),
      });
    }
    return { name: type.name, field, nestedType, enumType, oneofDecl };
  }

  function serviceDescriptor(service) {
    const method = service.methodsArray.map((rpc) => ({
      name: rpc.name,
      inputType: resolve(rpc.requestType, service.fullName),
      outputType: resolve(rpc.responseType, service.fullName),
      clientStreaming: rpc.requestStream === true,
      serverStreaming: rpc.responseStream === true,
    }));
    return { name: service.name, method };
  }

  function fileDescriptor(name, { package: packageName, root: parsed, imports }) {
    const namespace = packageName === "" ? parsed : parsed.lookup(packageName);
    const descriptor = {
      name,
      package: packageName,
      syntax: "proto3",
      dependency: imports.filter((file) => !missing.has(file)),
      messageType: [],
      enumType: [],
      service: [],
    };
    for (const object of namespace?.nestedArray ?? []) {
      if (object instanceof protobuf.Type) descriptor.messageType.push(messageDescriptor(object));
      else if (object instanceof protobuf.Enum) descriptor.enumType.push(enumDescriptor(object));
      else if (object instanceof protobuf.Service) descriptor.service.push(serviceDescriptor(object));
    }
    return descriptor;
  }

  /** Each file after those that it imports. */
  const ordered = [];
  const done = new Set();
  function order(name) {
    if (done.has(name)) return;
    done.add(name);
    const known = wellKnown.get(name);
    for (const file of known ? known.dependency : files.get(name).imports.filter((one) => !missing.has(one))) order(file);
    ordered.push(known ?? create(wkt.FileDescriptorProtoSchema, fileDescriptor(name, files.get(name))));
  }
  for (const name of [...files.keys()].sort()) order(name);

  const set = create(wkt.FileDescriptorSetSchema, { file: ordered });
  // Fails here, not at a user's, when something does not fit together.
  createFileRegistry(set);
  const bytes = toBinary(wkt.FileDescriptorSetSchema, set);
  const target = join(root, "dist", "descriptors.bin");
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, bytes);
  console.log(
    `descriptors: ${ordered.length} files, ${Math.round(bytes.length / 1024)} KB${unresolved.size > 0 ? `, as bytes: ${[...unresolved].join(", ")}` : ""}`,
  );
}
