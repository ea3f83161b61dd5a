/**
 * What a program signs in with, in the formats of OpenStack's clients: clouds.yaml (openstacksdk), openrc.sh (a shell),
 * and .env for everything that reads one. Whatever stands in a name, each file says exactly that and runs nothing.
 */
import { Document } from "yaml";

export type CredentialSecret = {
  /** Without a path, e.g. https://cloud.example */
  url: string;
  id: string;
  secret: string;
  bearer: string;
  name: string;
  project: string;
};

export function cloudsYaml({ url, id, secret, name, project }: CredentialSecret): string {
  const cloud = {
    auth_type: "v3applicationcredential",
    auth: {
      auth_url: identityUrl(url),
      application_credential_id: id,
      application_credential_secret: secret,
    },
    interface: "public",
    identity_api_version: 3,
  };
  // openstacksdk's parser keeps to YAML 1.1, for which "no" is no name.
  const document = new Document({ clouds: { [project]: cloud } }, { version: "1.1" });
  document.commentBefore = ` ${remark(name, project)}`;
  return document.toString({ lineWidth: 0, simpleKeys: true });
}

export function openrc(credential: CredentialSecret): string {
  const lines = openStackVariables(credential).map(([name, value]) => `export ${name}=${shellQuoted(value)}`);
  const left = ["OS_USERNAME", "OS_PASSWORD", "OS_PROJECT_ID", "OS_PROJECT_NAME", "OS_TOKEN"];
  return [
    "#!/usr/bin/env bash",
    `# ${remark(credential.name, credential.project)}`,
    "# Left over from another sign-in, these would be taken for this one's.",
    `unset ${left.join(" ")}`,
    ...lines,
    "",
  ].join("\n");
}

/** Nothing in it needs quotes, so every reader of such files agrees on what it says. */
export function dotenv(credential: CredentialSecret): string {
  const own: [string, string][] = [
    ["MADANG_URL", credential.url],
    ["MADANG_TOKEN", credential.bearer],
  ];
  const lines = [...openStackVariables(credential), ...own].map(([name, value]) => `${name}=${plain(value)}`);
  return [`# ${remark(credential.name, credential.project)}`, ...lines, ""].join("\n");
}

function openStackVariables({ url, id, secret }: CredentialSecret): [string, string][] {
  return [
    ["OS_AUTH_TYPE", "v3applicationcredential"],
    ["OS_AUTH_URL", identityUrl(url)],
    ["OS_IDENTITY_API_VERSION", "3"],
    ["OS_INTERFACE", "public"],
    ["OS_APPLICATION_CREDENTIAL_ID", id],
    ["OS_APPLICATION_CREDENTIAL_SECRET", secret],
  ];
}

function identityUrl(url: string): string {
  return `${url}/identity/v3`;
}

/** On one line: what a reader might take for the end of a line would end the comment. */
function remark(name: string, project: string): string {
  const text = `Application credential ${name}, project ${project}`;
  return text.replace(/[\p{Cc}\p{Cs}\u2028\u2029]+/gu, " ");
}

export function shellQuoted(value: string): string {
  return `'${value.replaceAll("'", `'\\''`)}'`;
}

function plain(value: string): string {
  if (/^[\w.:/[\]-]*$/.test(value)) return value;
  throw new TypeError("neither a URL's origin, an id nor a secret");
}
