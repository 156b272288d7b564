"""A merchant's program in one file: a WeChat Pay Native order is made, somebody pays, the notification is verified.

`python -m sandbox.example DIR`, while a sandbox with that `--data` runs. It uses nothing of the sandbox but
DIR/accounts.json; against the real WeChat Pay it would differ by its account, and by nobody paying by itself.
"""

from __future__ import annotations

import base64
import json
import queue
import secrets
import sys
import threading
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

PATIENCE_S = 30


class Merchant:
    """One merchant of WeChat Pay's, in the public-key scheme."""

    def __init__(self, account: Mapping[str, str]) -> None:
        key = load_pem_private_key(account["merchant_private_key"].encode(), None)
        public_key = load_pem_public_key(account["public_key"].encode())
        if not isinstance(key, RSAPrivateKey) or not isinstance(public_key, RSAPublicKey):
            raise TypeError("WeChat Pay's keys are RSA keys.")
        self.account, self._key, self._public_key = account, key, public_key

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """This function will sign a call, send it, and give what the verified answer says."""
        content = json.dumps(body).encode() if body else b""
        stamp, nonce = str(int(time.time())), secrets.token_hex(16)
        message = f"{method}\n{path}\n{stamp}\n{nonce}\n".encode() + content + b"\n"
        signature = base64.b64encode(self._key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()
        authorization = (
            f'WECHATPAY2-SHA256-RSA2048 mchid="{self.account["mchid"]}",nonce_str="{nonce}",timestamp="{stamp}",'
            f'serial_no="{self.account["merchant_serial"]}",signature="{signature}"'
        )
        headers = {"Authorization": authorization, "Accept": "application/json", "Content-Type": "application/json"}
        headers["Wechatpay-Serial"] = self.account["public_key_id"]
        answer = httpx.request(method, self.account["base_url"] + path, content=content, headers=headers)
        answer.raise_for_status()
        return self.verified(answer.headers, answer.content)

    def verified(self, headers: Mapping[str, str], body: bytes) -> Any:
        """This function will read what WeChat Pay signed; raise InvalidSignature for anything else."""
        if headers["Wechatpay-Serial"] != self.account["public_key_id"]:
            raise ValueError("It is signed with another key.")
        message = f"{headers['Wechatpay-Timestamp']}\n{headers['Wechatpay-Nonce']}\n".encode() + body + b"\n"
        signature = base64.b64decode(headers["Wechatpay-Signature"], validate=True)
        self._public_key.verify(signature, message, padding.PKCS1v15(), hashes.SHA256())
        return json.loads(body)

    def opened(self, resource: Mapping[str, str]) -> Any:
        """This function will decrypt the resource of a verified notification."""
        sealed, more = base64.b64decode(resource["ciphertext"]), resource["associated_data"].encode()
        return json.loads(AESGCM(self.account["apiv3_key"].encode()).decrypt(resource["nonce"].encode(), sealed, more))


def main(data: Path) -> None:
    """This function will sell tea for 5 yuan and say at each step what happened."""
    merchant = Merchant(json.loads((data / "accounts.json").read_text())["wechat"])
    told: queue.Queue[Any] = queue.Queue()

    class Notified(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            """This function will acknowledge what verifies; anything else ends in an exception and no answer."""
            body = self.rfile.read(int(self.headers["Content-Length"]))
            told.put(merchant.opened(merchant.verified(dict(self.headers), body)["resource"]))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """This function will say nothing."""

    shop = HTTPServer(("127.0.0.1", 0), Notified)
    threading.Thread(target=shop.serve_forever, daemon=True).start()
    number, mchid = f"T{secrets.token_hex(8)}", merchant.account["mchid"]
    order = {
        "appid": merchant.account["appid"],
        "mchid": mchid,
        "description": "Tea",
        "out_trade_no": number,
        "notify_url": f"http://127.0.0.1:{shop.server_port}/notify",
        "amount": {"total": 500, "currency": "CNY"},
    }
    made = merchant.call("POST", "/v3/pay/transactions/native", order)
    sys.stdout.write(f"the QR code says: {made['code_url']}\n")
    paid = f"{merchant.account['base_url']}/_sandbox/api/trades/wechat/{number}/pay"
    httpx.post(paid, json={"person": "bai"}).raise_for_status()
    sys.stdout.write(f"the notification says: {told.get(timeout=PATIENCE_S)['trade_state']}\n")
    asked = merchant.call("GET", f"/v3/pay/transactions/out-trade-no/{number}?mchid={mchid}")
    sys.stdout.write(f"the query says: {asked['trade_state']} {asked['transaction_id']}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
