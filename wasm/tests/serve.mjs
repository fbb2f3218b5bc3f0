// Serves a folder on loopback, as any static host would: serveFolder(folder, port).

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import process, { argv } from "node:process";
import { fileURLToPath } from "node:url";

const types = {
  ".css": "text/css", ".html": "text/html; charset=utf-8", ".js": "text/javascript",
  ".json": "application/json", ".svg": "image/svg+xml", ".wasm": "application/wasm",
};

/** A server whose address is `.url`; `close()` ends it. */
export async function serveFolder(folder, port = 0) {
  const server = createServer(async (request, response) => {
    try {
      const path = normalize(decodeURIComponent(new URL(request.url, "http://host").pathname));
      // Browsers ask for one whatever they are shown.
      if (path === "/favicon.ico") return void response.writeHead(204).end();
      const file = join(folder, path.endsWith("/") ? `${path}index.html` : path);
      if (!(await stat(file)).isFile()) throw new Error("not a file");
      response.writeHead(200, { "content-type": types[extname(file)] ?? "application/octet-stream" });
      createReadStream(file).pipe(response);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  return { url: `http://127.0.0.1:${server.address().port}/`, close: () => server.close() };
}

if (argv[1] === fileURLToPath(import.meta.url)) {
  const port = argv[3] ?? "0";
  try {
    const { url } = await serveFolder(argv[2], Number(port));
    console.log(`serving ${argv[2]} until interrupted; open ${url}`);
  } catch (error) {
    console.error(error.code === "EADDRINUSE" ? `port ${port} is taken; choose another: PORT=${Number(port) + 1} make playground` : error.message);
    process.exitCode = 1;
  }
}
