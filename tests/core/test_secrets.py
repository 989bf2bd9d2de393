import pytest
from hypothesis import given
from hypothesis import strategies as st

from sparkle.core.secrets import MASK, mask, secret_places, without_secrets

KEY = "sk-abcdefghijklmnopqrstuvwxyz0123456789"


@pytest.mark.parametrize(
    "settings",
    [
        {"api_key": "x"},
        {"apiKey": "x"},
        {"X-Api-Key": "x"},
        {"headers": {"Authorization": "Bearer x"}},
        {"deep": [{"er": {"client_secret": "x"}}]},
        {"password": "x"},
        {"token": "x"},
        {"access_token": "x"},
        {"note": f"use {KEY} please"},
        {"note": "Bearer abcdefgh12"},
        {"proxy": "http://me:pass@host/"},
        {"note": "hf_abcdefghijklmnopqrstuv"},
    ],
)
def test_what_looks_like_a_secret_is_found_by_its_name_or_its_form(settings: dict[str, object]):
    (place,) = secret_places(settings)
    assert place.split(".")[0] in settings
    masked = without_secrets(settings)
    assert MASK in str(masked)
    assert list(secret_places(masked)) in ([], [place])
    assert not any(secret in str(masked) for secret in (KEY, "'x'", "abcdefgh", ":pass@", "Bearer x"))


@pytest.mark.parametrize(
    "settings",
    [
        {"top_k": 20, "max_tokens": 100, "stop_token_ids": [1, 2]},
        {"eos_token": "<|end|>", "prompt_cache_key": "clip-17", "api_key_env": "OPENAI_API_KEY"},
        {"key": "vlm.camera_judge", "author": "somebody", "keywords": "a, b", "monkey": "business"},
        {"base_url": "http://127.0.0.1:8000/v1", "tokenizer": "qwen"},
    ],
)
def test_what_is_no_secret_stays(settings: dict[str, object]):
    assert list(secret_places(settings)) == []
    assert without_secrets(settings) == settings


@pytest.mark.parametrize(
    "word",
    [
        f"source.camera_judge.options.extra_body.api_key={KEY}",
        "source.camera_judge.options.extra_body.api_key=plain-words",
        'options.extra_body={"api_key": "plain-words"}',
        "options.extra_body={password: plain-words}",
        f"command:edit --key {KEY}",
        "command:edit --api-key plain-words --in {source}",
        "options.headers.Authorization=Bearer plain-words",
    ],
)
def test_words_of_a_command_are_kept_without_their_secrets(word: str):
    (kept,) = without_secrets([word])
    assert MASK in kept and KEY not in kept and "plain-words" not in kept


@given(
    st.text(max_size=40),
    st.text(alphabet="abcdef0123", min_size=8, max_size=30),
    st.text(max_size=40),
    st.integers(0, 30),
)
def test_no_piece_of_eight_letters_of_a_secret_survives(before: str, secret: str, after: str, cut: int):
    masked = mask(f"{before}{secret[: max(cut, 8)]}{after}", secret)
    assert not any(secret[start : start + 8] in masked for start in range(len(secret) - 7))


def test_text_without_the_secret_stays_as_it_is():
    assert mask("nothing here, not even sk-abcd", KEY) == "nothing here, not even sk-abcd"
