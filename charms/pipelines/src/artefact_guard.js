// Loaded before the page server where it serves one namespace's artefacts. That server would show, proxy and start far
// more, for anybody. It gets only requests for artefacts that bear the proof of the gate before the pages, without what
// names another store or a Secret.
const crypto = require("node:crypto");
const http = require("node:http");

const HEADER = "x-kubeflow-artefact-proof";
const proof = Buffer.from(process.env.ARTEFACT_PROOF || "");
delete process.env.ARTEFACT_PROOF;

function proven(given) {
  const found = Buffer.from(String(given || ""));
  return proof.length > 0 && found.length === proof.length && crypto.timingSafeEqual(found, proof);
}

// The address by which the server finds the artefact in the store that its environment names; undefined for any other.
function artefact(method, address) {
  if (method !== "GET" && method !== "HEAD") return undefined;
  const [path, query] = address.split("?", 2);
  const place = path.replace(/^\/pipeline(?=\/)/, "");
  const given = new URLSearchParams(query || "");
  const kept = new URLSearchParams();
  for (const name of ["bucket", "key", "peek"]) if (given.has(name)) kept.set(name, given.get(name));
  if (place === "/artifacts/get") {
    if (!["minio", "s3"].includes(given.get("source"))) return undefined;
    kept.set("source", "minio");
    return `/artifacts/get?${kept}`;
  }
  const found = /^\/artifacts\/(?:minio|s3)\/([-.a-z0-9]+)\/([^?#\\]+)$/.exec(place);
  if (!found || found[2].split("/").some((part) => /^(\.|%2e)*$/i.test(part))) return undefined;
  return `/artifacts/minio/${found[1]}/${found[2]}${kept.has("peek") ? `?peek=${kept.get("peek")}` : ""}`;
}

const emit = http.Server.prototype.emit;
const requests = ["request", "checkContinue", "checkExpectation"];
const others = ["upgrade", "connect"];

http.Server.prototype.emit = function (event, ...given) {
  if (others.includes(event)) {
    given[1].destroy();
    return true;
  }
  if (!requests.includes(event)) return emit.call(this, event, ...given);
  const [request, response] = given;
  const address = proven(request.headers[HEADER]) ? artefact(request.method, request.url) : undefined;
  if (address === undefined) {
    response.writeHead(403, { "content-type": "text/plain" });
    response.end("artefacts are shown through the pages of Kubeflow Pipelines\n");
    return true;
  }
  request.url = address;
  return emit.call(this, "request", request, response);
};
