"""Who did it, by value: the record must outlive the row of the officer or account that acted."""

from typing import Self


class Actor(str):
    """`officer:<certificate>`, `account:<name>`, `command:<name>`, `backend:<issuer>`, `owner:<credit code>` (whoever
    proved to be that enterprise's), `door:<credit code>` (whoever stood before its poster) or `complainant:<number>`
    (whoever showed that complaint's receipt, wherever they typed it); at most 80 characters."""

    __slots__ = ()

    @classmethod
    def officer(cls, certificate_no: str) -> Self:
        return cls(f"officer:{certificate_no}")

    @classmethod
    def account(cls, username: str) -> Self:
        return cls(f"account:{username}"[:80])

    @classmethod
    def command(cls, name: str) -> Self:
        return cls(f"command:{name}")

    @property
    def is_account(self) -> bool:
        """Is it somebody of the supervision side, signed in, and not an officer, a program or a backend?"""
        return self.startswith("account:")

    @classmethod
    def backend(cls, issuer: str) -> Self:
        return cls(f"backend:{issuer}"[:80])

    @classmethod
    def owner(cls, credit_code: str) -> Self:
        return cls(f"owner:{credit_code}")

    @classmethod
    def door(cls, credit_code: str) -> Self:
        return cls(f"door:{credit_code}")

    @classmethod
    def complainant(cls, number: str) -> Self:
        return cls(f"complainant:{number}")
