// Swagger UI over the REST API as one role sees it.
import { roleInAddress, showRoles, takeRoleFromAddress } from "./roles.js";
import { authorization, send } from "./session.js";

const DOCUMENT = "/rest/v1/openapi.json";

// The document names the address that clients know the suite by; from here it is asked where the page came from.
async function asHere(request) {
  const address = new URL(request.url, location.origin);
  request.url = location.origin + address.pathname + address.search;
  request.credentials = "omit";
  Object.assign(request.headers, await authorization());
  return request;
}

async function show() {
  const response = await send(DOCUMENT, { headers: await authorization() });
  window.SwaggerUIBundle({
    spec: await response.json(),
    domNode: document.getElementById("explorer"),
    requestInterceptor: asHere,
    presets: [window.SwaggerUIBundle.presets.apis],
    validatorUrl: null,
    docExpansion: "none",
    defaultModelsExpandDepth: 0,
    tryItOutEnabled: true,
    filter: true,
  });
}

const { demo } = await (await send("/explore/examples")).json();
if (roleInAddress()) await takeRoleFromAddress(demo);
showRoles(demo, show);
await show();
