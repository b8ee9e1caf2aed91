// Signs and checks with Midtrans' own library, for tests: cases in on stdin, answers out as JSON.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const require = createRequire(import.meta.url);
const SnapBi = require("midtrans-client/lib/snapBi/snapBi.js");
const SnapBiConfig = require("midtrans-client/lib/snapBi/snapBiConfig.js");
const asked = JSON.parse(readFileSync(0, "utf-8"));
SnapBiConfig.snapBiPublicKey = asked.public_key_pem;
const answers = asked.cases.map((one) => ({
  body: JSON.stringify(one.body),
  symmetric: SnapBi.getSymmetricSignatureHmacSh512(
    one.token, one.body, "post", one.path, one.secret, one.timestamp,
  ),
  token: SnapBi.getAsymmetricSignatureSha256WithRsa(
    one.client, one.timestamp, asked.private_key_pem,
  ),
  verified: SnapBi.notification()
    .withNotificationPayload(one.body)
    .withSignature(one.asymmetric)
    .withTimeStamp(one.timestamp)
    .withNotificationUrlPath(one.path)
    .isWebhookNotificationVerified(),
}));
console.log(JSON.stringify(answers));
