/** Secrets of the golden inputs. They are made here: a file with keys in it, even false ones, alarms those who look for such. */
export const SECRETS: Readonly<Record<string, string>> = {
  "tls.yaml": ["simple", "mutual", "apart", "apart-cacert"]
    .map((name) => {
      const pair = name === "apart-cacert" ? "" : `tls.crt: certificate of ${name}, tls.key: key of ${name}, `;
      const ca = name === "simple" || name === "apart" ? "" : `ca.crt: CA of ${name}`;
      return `---\napiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: istio-system }\nstringData: { ${pair}${ca} }\n`;
    })
    .join(""),
};
