"""Numbers as `payhub.numbers` makes them, but drawn from a seed and in SQL: a million of them in seconds.

The last of the random characters is 0, or 1 where 0 would give the check character "*", which no number may have.
"""

from __future__ import annotations

_DRAWN = 13  # hexadecimal digits
# ISO 7064 MOD 37-2 (`payhub.numbers.check_character`) over those digits, two a byte, in one expression.
_REST = " + ".join(
    f"(get_byte(drawn, {place // 2}) {'& 15' if place % 2 else '>> 4'}) * {1 << (_DRAWN - place)}"
    for place in range(_DRAWN)
)
NUMBER = f"""
CREATE OR REPLACE FUNCTION pg_temp.seeded_number(prefix text, said text) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$
DECLARE
    digits text := left(md5(said), {_DRAWN});
    drawn bytea := decode(digits || '0', 'hex');
    rest int := 0;
    code int;
    last int;
BEGIN
    FOR place IN 1 .. length(prefix) LOOP
        code := ascii(substr(prefix, place, 1));
        rest := (rest + code - CASE WHEN code < 58 THEN 48 ELSE 55 END) * 2 % 37;
    END LOOP;
    rest := (rest * {1 << _DRAWN} + {_REST}) % 37;
    last := CASE rest WHEN 1 THEN 1 ELSE 0 END;
    rest := (38 - (rest + last) * 2 % 37) % 37;
    RETURN prefix || upper(digits) || last || chr(rest + CASE WHEN rest < 10 THEN 48 ELSE 55 END);
END $$
"""
# One of `below` numbers from 0, the same for the same order, question and seed.
DRAW = """
CREATE OR REPLACE FUNCTION pg_temp.draw(n bigint, question int, below bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$
    SELECT (hashint8extended(n, {seed} + question) & 9223372036854775807) % below
$$
"""
