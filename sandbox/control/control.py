"""What tests and the control page can do and see. Its contract is the table in docs/sandbox.md."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from sandbox import bills, due, notify, till
from sandbox.books import Payment, RefundState, Trade
from sandbox.box import Box
from sandbox.courier import Courier
from sandbox.faults import twist
from sandbox.stripe import objects, payouts, shelf

Body = dict[str, Any]


class Unusable(Exception):
    """The request makes no sense; the sentence says why."""


class Control:
    """Every method takes one dictionary of names and gives what can be written as JSON."""

    def __init__(self, box: Box, courier: Courier) -> None:
        self._box = box
        self._courier = courier
        self._bill_faults = bills.BillFaults(box)

    # -- trades

    async def trades(self, asked: Body) -> Any:
        """This function will list trades, the newest first; ?channel= and ?out_trade_no= choose."""
        found = self._box.books.trades(asked.get("channel", ""), asked.get("out_trade_no", ""))
        return [self._shown(trade) for trade in found]

    async def trade(self, asked: Body) -> Any:
        """This function will show one trade with its payments and refunds."""
        return self._shown(self._find(asked))

    async def scan(self, asked: Body) -> Any:
        """This function will scan the code: {person}."""
        with self._box.store.transaction():
            till.scan(self._box, self._find(asked), asked.get("person", "li-lei"))
        return self._shown(self._find(asked))

    async def pay(self, asked: Body) -> Any:
        """This function will pay: {person, amount_minor, force, notify: {kind, …options}}."""
        options = dict(asked.get("notify") or {})
        told = twist(options.pop("kind"), options) if options else None
        with self._box.store.transaction():
            till.pay(
                self._box,
                self._find(asked),
                asked.get("person", "li-lei"),
                amount_minor=asked.get("amount_minor"),
                force=bool(asked.get("force")),
                twist=told,
            )
        return self._shown(self._find(asked))

    async def decline(self, asked: Body) -> Any:
        """This function will decline: {person}."""
        with self._box.store.transaction():
            till.decline(self._box, self._find(asked), asked.get("person", "li-lei"))
        return self._shown(self._find(asked))

    async def second_payment(self, asked: Body) -> Any:
        """This function will let another person pay this paid code once more: {allowed}."""
        with self._box.store.transaction():
            changed = replace(self._find(asked), second_payment=bool(asked.get("allowed", True)))
            self._box.books.update_trade(changed)
        return self._shown(self._find(asked))

    async def expire(self, asked: Body) -> Any:
        """This function will end an unpaid trade's time now."""
        with self._box.store.transaction():
            self._box.books.expire_now(self._find(asked), self._box.clock.now())
        due.pass_time(self._box)
        return self._shown(self._find(asked))

    async def settle_refund(self, asked: Body) -> Any:
        """This function will end a refund: {state: SUCCESS | ABNORMAL | CLOSED}."""
        channel, number = asked["channel"], asked["number"]
        refund = self._box.books.refund(channel, number)
        if refund is None:
            raise LookupError(f"No refund {number} at {channel}.")
        if refund.state is not RefundState.PROCESSING:
            raise Unusable(f"This refund is {refund.state.value} already.")
        state = asked.get("state", "SUCCESS")
        if state not in set(RefundState) - {RefundState.PROCESSING}:
            raise Unusable("state is SUCCESS, ABNORMAL or CLOSED.")
        with self._box.store.transaction():
            return asdict(due.settle_refund(self._box, refund, RefundState(state)))

    def _find(self, asked: Body) -> Trade:
        channel, number = asked["channel"], asked["number"]
        trade = self._box.books.trade(channel, number, asked.get("txn_time"))
        if trade is None:
            raise LookupError(f"No trade {number} at {channel}.")
        return trade

    def _shown(self, trade: Trade) -> Body:
        payments, refunds = self._box.books.payments(trade), self._box.books.refunds(trade)
        address = f"{self._box.base_url}/pay/{trade.channel}/{trade.token}"
        return asdict(trade) | {
            "pay_url": address,
            "payments": [self._paid(payment) for payment in payments],
            "refunds": [asdict(refund) for refund in refunds],
        }

    def _paid(self, payment: Payment) -> Body:
        return asdict(payment) | {"returned_minor": self._box.books.returned_minor(payment)}

    async def payouts(self, asked: Body) -> Any:
        """This function will list Stripe's payouts, the newest first."""
        return [objects.payout(row) for row in reversed(shelf.payout_rows(self._box))]

    async def fail_payout(self, asked: Body) -> Any:
        """This function will let the bank send a payout back."""
        with self._box.store.transaction():
            return payouts.fail(self._box, asked["number"])

    # -- the oracle

    async def books(self, asked: Body) -> Any:
        """This function will say who really paid: one line for each time that money moved, with what went back."""
        return [
            {"channel": trade.channel, "out_trade_no": trade.out_trade_no, "currency": trade.currency}
            | self._paid(payment)
            for trade, payment in self._box.books.everything_paid(asked.get("channel", ""))
        ]

    async def calls(self, asked: Body) -> Any:
        """This function will list the calls received, the oldest first; ?channel=, ?call=, ?out_trade_no= choose."""
        channel, call, number = (asked.get(name, "") for name in ("channel", "call", "out_trade_no"))
        rows = self._box.store.rows(
            "SELECT * FROM call WHERE (? = '' OR channel = ?) AND (? = '' OR call = ?) AND (? = '' OR out_trade_no = ?)"
            " ORDER BY id",
            channel, channel, call, call, number, number,
        )  # fmt: skip
        return [dict(row) for row in rows]

    async def bill(self, asked: Body) -> Any:
        """This function will give a day's lines as the books have them, whatever the channel's bill says."""
        begin, end = bills.day_of(asked["day"])
        return [bills.shown(line) for line in bills.true_lines(self._box, asked["channel"], begin, end)]

    async def bill_faults(self, asked: Body) -> Any:
        """This function will list the bill faults."""
        return self._bill_faults.listed()

    async def spoil_bill(self, asked: Body) -> Any:
        """This function will set a bill fault and give its id."""
        return {"id": self._bill_faults.add(asked)}

    async def mend_bill(self, asked: Body) -> Any:
        """This function will take one bill fault away, or all."""
        self._bill_faults.remove(asked.get("id"))
        return self._bill_faults.listed()

    # -- notifications

    async def notifications(self, asked: Body) -> Any:
        """This function will list notifications with every send, the newest first."""
        return notify.notifications(self._box, asked.get("channel", ""), asked.get("out_trade_no", ""))

    async def notify(self, asked: Body) -> Any:
        """This function will send one more now and give its log: {channel, out_trade_no, out_refund_no, notify}."""
        trade = self._box.books.trade(asked["channel"], asked["out_trade_no"])
        payments = self._box.books.payments(trade) if trade else []
        if trade is None:
            raise LookupError("No such trade.")
        if not payments:
            payments = [Payment(trade_id=trade.id, trade_no="0" * 28, payer="nobody", amount_minor=trade.amount_minor,
                                paid_at=self._box.clock.now())]  # fmt: skip
            # a forged success: nobody paid
        options = dict(asked.get("notify") or {})
        told = twist(options.pop("kind"), options) if options else {}
        before = self._last_notification()
        with self._box.store.transaction():
            if asked.get("out_refund_no"):
                refund = self._box.books.refund(trade.channel, asked["out_refund_no"], trade)
                if refund is None:
                    raise LookupError("No such refund.")
                notify.announce_refund(self._box, trade, payments[0], refund, told)
            else:
                notify.announce_payment(self._box, trade, payments[0], told)
        return await self._sent_since(before)

    async def resend(self, asked: Body) -> Any:
        """This function will send a notification again, untwisted, and give its log."""
        number = asked["id"]
        row = self._box.store.one("SELECT * FROM notification WHERE id = ?", number)
        if row is None:
            raise LookupError("No such notification.")
        await self._courier.send_now(number)
        return [item for item in notify.notifications(self._box) if item["id"] == number]

    def _last_notification(self) -> int:
        row = self._box.store.one("SELECT MAX(id) AS last FROM notification")
        return int(row["last"] or 0) if row else 0

    async def _sent_since(self, before: int) -> list[dict[str, Any]]:
        fresh = [
            item["id"] for item in notify.notifications(self._box) if item["id"] > before and item["state"] != "LOST"
        ]
        for number in sorted(fresh):
            await self._courier.send_now(number, twisted=True)
        return [item for item in notify.notifications(self._box) if item["id"] > before]

    # -- faults, clock, settings

    async def faults(self, asked: Body) -> Any:
        """This function will list what is armed."""
        return self._box.faults.armed()

    async def arm(self, asked: Body) -> Any:
        """This function will arm a fault and give its id."""
        return {"id": self._box.faults.arm(asked)}

    async def disarm(self, asked: Body) -> Any:
        """This function will disarm one fault, or all."""
        self._box.faults.disarm(asked.get("id"))
        return self._box.faults.armed()

    async def clock(self, asked: Body) -> Any:
        """This function will give the books' time."""
        return {"now": self._box.clock.now(), "offset_s": self._box.settings["clock_offset_s"]}

    async def set_clock(self, asked: Body) -> Any:
        """This function will set the books' clock: {offset_s} or {advance_s}."""
        offset = asked.get("offset_s", self._box.settings["clock_offset_s"]) + asked.get("advance_s", 0)
        self._box.settings.change("clock_offset_s", offset)
        due.pass_time(self._box)
        return await self.clock(asked)

    async def settings(self, asked: Body) -> Any:
        """This function will give every setting."""
        return self._box.settings.everything()

    async def change_settings(self, asked: Body) -> Any:
        """This function will change settings by name."""
        for name, value in asked.items():
            self._box.settings.change(name, value)
        return self._box.settings.everything()

    async def reset(self, asked: Body) -> Any:
        """This function will forget every trade, fault, notification and setting; accounts and keys stay."""
        self._box.store.forget_all_trades()
        self._box.settings.reload()
        self._box.faults.begin_anew()
        return {}

    async def health(self, asked: Body) -> Any:
        """This function will answer when the sandbox is up."""
        return {"ok": True, "base_url": self._box.base_url}
