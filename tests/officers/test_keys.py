"""The issuer's keys: published before they sign, sealed at rest, never two at once."""

from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, SECP384R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError
from hypothesis import given
from hypothesis import strategies as st
from time_machine import TimeMachineFixture

from audit.models import Entry
from officers.es256 import Es256Signer, kid_text
from officers.issuer import IssuerSigner
from officers.keyring import UnusableKey, known, signer
from officers.models import SigningKey
from officers.policy import IssuerPolicy
from officers.services.rotate_keys import NextKeyWaiting, NoNewFile, ensure_key, rotate_keys
from officers.vault import Unopenable, Vault
from tests.officers.issuing import OPERATOR, policy
from tests.officers.test_enrolment_race import at_once

NOW = datetime.fromisoformat("2026-11-22T12:00:00.7+08:00")
HOUR = timedelta(hours=1)


def rotate(at: datetime = NOW, **changes: object) -> SigningKey:
    return rotate_keys(policy=policy(**changes), actor=OPERATOR, at=at)


def signing(at: datetime, **changes: object) -> IssuerSigner:
    found = signer(policy=policy(**changes), at=at)
    assert found is not None
    return found[1]


@pytest.mark.django_db
class TestRotation:
    def test_the_very_first_key_signs_at_once(self) -> None:
        first = rotate()
        assert kid_text(signing(NOW).kid) == first.kid
        assert first.usable_from == NOW.replace(microsecond=0)

    def test_the_next_one_is_published_at_once_and_signs_48_hours_later(self) -> None:
        first = rotate()
        second = rotate(NOW + 30 * 24 * HOUR)
        assert second.usable_from >= second.made_at + 48 * HOUR
        assert set(known()) == {key_bytes(first), key_bytes(second)}
        before, after = second.usable_from - HOUR / 3600, second.usable_from
        assert [kid_text(signing(at).kid) for at in (before, after)] == [first.kid, second.kid]

    def test_another_one_is_refused_while_one_waits(self) -> None:
        rotate()
        second = rotate(NOW + HOUR)
        with pytest.raises(NextKeyWaiting) as refused:
            rotate(NOW + 48 * HOUR)
        assert refused.value.members["kid"] == second.kid

    def test_each_one_is_on_the_record_with_its_public_half_only(self) -> None:
        key = rotate()
        entry = Entry.objects.get(kind="signing-key")
        assert entry.subject == f"signing-key:{key.kid}"
        assert key.public_key["x"].encode() in bytes(entry.body or b"")
        assert b'"d"' not in bytes(entry.body or b"")

    def test_a_private_half_is_wiped_once_its_successor_signs_and_its_public_half_stays(self) -> None:
        first = rotate()
        second = rotate(NOW + HOUR)
        third = rotate(NOW + 50 * HOUR)
        sealed = {key.kid: key.sealed for key in SigningKey.objects.all()}
        assert sealed[first.kid] is None
        assert None not in {sealed[second.kid], sealed[third.kid]}
        assert len(known()) == 3
        assert kid_text(signing(NOW + 50 * HOUR).kid) == second.kid

    def test_each_issuer_has_keys_of_its_own_and_all_are_published(self) -> None:
        ours, theirs = rotate(), rotate(issuer="清河县")
        assert theirs.usable_from <= NOW
        assert [kid_text(signing(NOW, issuer=key.issuer).kid) for key in (ours, theirs)] == [ours.kid, theirs.kid]
        assert len(known()) == 2

    def test_there_is_nothing_to_sign_with_before_the_first_key(self) -> None:
        assert signer(policy=policy(), at=NOW) is None

    def test_a_key_is_made_only_where_there_is_none(self) -> None:
        first = ensure_key(policy=policy(), actor=OPERATOR, at=NOW)
        assert ensure_key(policy=policy(), actor=OPERATOR, at=NOW + HOUR) == first
        assert Entry.objects.filter(kind="signing-key").count() == 1

    @pytest.mark.parametrize("column", ["public_key", "usable_from", "kid"])
    def test_the_database_lets_nothing_be_changed_but_a_private_half_be_wiped(self, column: str) -> None:
        rotate()
        other = {"public_key": {"x": "1"}, "usable_from": NOW + HOUR, "kid": "another"}[column]
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            SigningKey.objects.update(sealed=None, **{column: other})
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            SigningKey.objects.update(sealed=b"another")
        with pytest.raises((IntegrityError, DatabaseError)), transaction.atomic():
            SigningKey.objects.all().delete()
        assert SigningKey.objects.update(sealed=None) == 1


def key_bytes(key: SigningKey) -> bytes:
    from officers.es256 import kid_of

    return kid_of(key.public_key)


@pytest.mark.django_db
class TestPrivateHalves:
    def test_is_not_in_the_table_in_clear(self) -> None:
        key = rotate()
        private = private_value(signing(NOW))
        assert private.to_bytes(32) not in bytes(key.sealed or b"")

    def test_opens_with_a_secret_that_has_been_replaced_while_that_is_still_named(self) -> None:
        rotate(secrets=("old",))
        assert signing(NOW, secrets=("new", "old")).kid
        with pytest.raises(UnusableKey, match="SIGNING_KEY_SECRETS"):
            signing(NOW, secrets=("new",))

    def test_does_not_open_beside_another_keys_name(self) -> None:
        vault = Vault(("secret",))
        sealed = vault.seal(b"private", about=b"one")
        assert vault.open(sealed, about=b"one") == b"private"
        with pytest.raises(Unopenable):
            vault.open(sealed, about=b"another")

    def test_the_operators_own_stays_in_its_file(self, tmp_path: Path) -> None:
        first, second = pem(tmp_path / "2026.pem"), pem(tmp_path / "2027.pem")
        made = rotate(files=(first,))
        assert (made.held, made.sealed) == ("operator", None)
        with pytest.raises(NoNewFile):
            rotate(NOW + HOUR, files=(first,))
        after = rotate(NOW + HOUR, files=(second, first))
        assert kid_text(signing(NOW + HOUR, files=(second, first)).kid) == made.kid
        assert kid_text(signing(after.usable_from, files=(second, first)).kid) == after.kid
        with pytest.raises(UnusableKey, match=f"no key {made.kid}"):
            signing(NOW + HOUR, files=(second,))

    def test_a_file_that_holds_no_key_on_p_256_is_named(self, tmp_path: Path) -> None:
        other = tmp_path / "other.pem"
        other.write_bytes(generate_private_key(SECP384R1()).private_bytes(*PEM))
        (tmp_path / "empty.pem").write_text("")
        for name, why in {"other.pem": "P-256", "empty.pem": "empty.pem", "none.pem": "none.pem"}.items():
            with pytest.raises(UnusableKey, match=why):
                rotate(files=(tmp_path / name,))
        assert not SigningKey.objects.exists()


@given(st.binary(min_size=1, max_size=60), st.integers(0))
def test_a_sealed_key_with_any_bit_changed_does_not_open(private: bytes, bit: int) -> None:
    vault = Vault(("secret",))
    sealed = bytearray(vault.seal(private, about=b"one"))
    bit %= 8 * len(sealed)
    sealed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unopenable):
        vault.open(bytes(sealed), about=b"one")


def test_the_secrets_stay_out_of_texts() -> None:
    assert "geheim" not in repr(IssuerPolicy(issuer="x", secrets=("geheim",))) + repr(Vault(("geheim",)))


@pytest.mark.parametrize("hours", [1, 12.01])
def test_a_credential_lives_longer_than_an_hour_and_twelve_at_most(hours: float) -> None:
    with pytest.raises(ValueError, match="CREDENTIAL_HOURS"):
        policy(credential_life=hours * HOUR)


@pytest.mark.django_db
class TestCommand:
    def run(self, *arguments: str) -> list[str]:
        told = StringIO()
        call_command("rotate_keys", *arguments, stdout=told)
        return told.getvalue().splitlines()

    def test_makes_shows_and_refuses(self, time_machine: TimeMachineFixture) -> None:
        time_machine.move_to(NOW, tick=False)
        assert self.run("--show") == []
        (first,) = self.run("--if-none")
        assert "2026-11-22 12:00:00  正在签发" in first
        assert self.run("--if-none") == [first]
        assert "2026-11-24 12:00:01  待启用" in self.run()[1]
        with pytest.raises(CommandError, match="下一个签发密钥已公布，尚未启用"):
            self.run()
        time_machine.move_to(NOW + 49 * HOUR, tick=False)
        assert [line[-11:].split("  ")[-1] for line in self.run("--show")] == ["已停用，只供核验", "正在签发"]

    def test_names_a_file_that_is_missing(self, settings: object) -> None:
        settings.ISSUER_POLICY = policy(files=(Path("/nowhere.pem"),))  # type: ignore[attr-defined]
        with pytest.raises(CommandError, match="/nowhere.pem"):
            self.run()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    def test_sixteen_first_uses_make_one_key(self) -> None:
        made = at_once(lambda _: ensure_key(policy=policy(), actor=OPERATOR, at=NOW).kid)
        assert len(set(made)) == SigningKey.objects.count() == 1

    def test_sixteen_rotations_make_the_first_key_and_the_next(self) -> None:
        def deed(_: int) -> str:
            try:
                return rotate().kid
            except NextKeyWaiting:
                return ""

        made = [kid for kid in at_once(deed) if kid]
        assert sorted(made) == sorted(key.kid for key in SigningKey.objects.all())
        first, following = SigningKey.objects.order_by("usable_from")
        assert following.usable_from - first.usable_from >= 48 * HOUR


PEM = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def pem(path: Path) -> Path:
    path.write_bytes(generate_private_key(SECP256R1()).private_bytes(*PEM))
    return path


def private_value(made: IssuerSigner) -> int:
    assert isinstance(made, Es256Signer)
    return made.key.private_numbers().private_value
