"""What the phone says, in English and in Chinese."""

from __future__ import annotations

from sandbox.languages import Words

WORDS: Words = {
    "test": ("Sandbox: no real money", "沙箱环境，不涉及真实资金"),
    "unknown_title": ("Unknown code", "无效的二维码"),
    "unknown": ("This code is not known here.", "无效的二维码"),
    "unknown_help": (
        "Nothing was charged. Ask the shop to show the code again.",
        "未扣款。请让商家重新展示二维码。",
    ),
    "title": ("Pay {amount} with {channel}", "使用{channel}支付 {amount}"),
    "order": ("Order", "商户单号"),
    "state": ("State", "状态"),
    "NEW": ("To be paid", "待支付"),
    "OPEN": ("To be paid", "待支付"),
    "PAID": ("Paid", "已支付"),
    "CLOSED": ("Closed", "已关闭"),
    "LAPSED": ("Expired", "已过期"),
    "until": ("Pay before (Beijing)", "支付截止（北京时间）"),
    "payer": ("Paid by", "付款人"),
    "number": ("Number", "交易号"),
    "said_declined": (
        "You did not pay. Nothing was charged. You can still pay this order.",
        "您未付款，未扣款。您仍可支付此订单。",
    ),
    "said_paid": ("Paid. Go back to the shop; this page can be closed.", "支付成功。请返回商家，可以关闭此页面。"),
    "back": ("Back to the shop", "返回商家"),
    "phone": ("Whose phone", "谁的手机"),
    "pay": ("Pay", "付款"),
    "unlucky": ("For tests: pay, and let something go wrong", "测试：付款，但发生异常"),
    "pay_lost": ("Pay, lose the notification", "付款，通知丢失（掉单）"),
    "pay_thrice": ("Pay, notify three times", "付款，通知三次"),
    "pay_late": ("Pay, notify late", "付款，延迟通知"),
    "how_late": ("How late", "延迟多久"),
    "decline": ("Decline", "取消付款"),
    "control": ("Control page", "控制台"),
    "s": ("s", "秒"),
    "min": ("min", "分钟"),
}
