"""The command line, run as a person runs it: answers, or one sentence on standard error and exit code 2."""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from explainer.chapters.first_layer.figures import filter_sheet
from explainer.chapters.first_layer.filters import first_layer
from explainer.commands import COMMANDS, main
from explainer.figures.maps import map_sheet
from explainer.figures.tiles import magma
from explainer.gallery import sample
from explainer.networks import NAMES, load_network
from explainer.networks.zoo import ENTRIES, embedded_card
from explainer.pictures import load_picture
from tests.beside import SHARED, needs_shared

ROOT = Path(__file__).resolve().parents[1]
SQUEEZENET = SHARED / "weights" / "squeezenet1_0-deep-compression.pth"
PHOTOGRAPHS = SHARED / "data" / "nips17.zip"


def start(*arguments, **options) -> subprocess.Popen:
    """``python -m explainer …`` in a process of its own, with an empty cache."""
    environment = {**os.environ, "EXPLAINER_CACHE": os.devnull, "OMP_NUM_THREADS": "1", **options.pop("env", {})}
    environment.pop("EXPLAINER_WEIGHTS", None)
    command = [sys.executable, "-m", "explainer", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def command(*arguments, **options) -> tuple[int, str, str]:
    """(exit code, standard output, standard error)."""
    process = start(*arguments, **options)
    out, err = process.communicate(timeout=300)
    return process.returncode, out, err


def here(*arguments, capsys) -> tuple[int, str, str]:
    """The same within this process, which is quicker."""
    capsys.readouterr()
    try:
        code = main([str(argument) for argument in arguments])
    except SystemExit as end:  # how argparse ends
        code = end.code
    return code, *capsys.readouterr()


@pytest.fixture(autouse=True)
def no_weights_but_the_shipped(monkeypatch, tmp_path):
    monkeypatch.delenv("EXPLAINER_WEIGHTS", raising=False)
    monkeypatch.setenv("EXPLAINER_CACHE", str(tmp_path / "cache"))


def one_sentence(said: str) -> str:
    """Standard error holds one line, a sentence, and nothing of Python's."""
    assert said.endswith(".\n") and said.count("\n") == 1 and "Traceback" not in said and len(said) < 400
    return said.strip()


# --- how often it is right, by the real command over real photographs -----------------------------


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    """Answers of two networks to the 500 photographs: name → (category index, answer) of each."""
    folder = tmp_path_factory.mktemp("photographs")
    with zipfile.ZipFile(PHOTOGRAPHS) as archive:
        archive.extractall(folder)
    paths = sorted(folder.rglob("*.jpg"))
    assert len(paths) == 500
    running = {
        "squeezenet": start("classify", "--network", "squeezenet", "--weights", SQUEEZENET, "--json", *paths),
        "embedded": start("classify", "--json", *paths),
    }
    found = {}
    for name, process in running.items():
        out, err = process.communicate(timeout=600)
        assert (process.returncode, err) == (0, "")
        given = [json.loads(line) for line in out.splitlines()]
        assert [answer["image"] for answer in given] == [str(path) for path in paths]
        found[name] = [(int(path.name[:3]), answer) for path, answer in zip(paths, given, strict=True)]
    shutil.rmtree(folder)
    return found


def shares(answers) -> tuple[float, float]:
    """Right at the first guess, and within five, in percent."""
    ranked = [(category, [guess["index"] for guess in answer["top"]]) for category, answer in answers]
    first = sum(category == top[0] for category, top in ranked)
    five = sum(category in top for category, top in ranked)
    return 100 * first / len(ranked), 100 * five / len(ranked)


@needs_shared
def test_squeezenet_is_as_good_as_published(answers):
    first, five = shares(answers["squeezenet"])
    assert first >= 50 and five >= 77


@needs_shared
def test_the_network_in_the_box_is_as_good_as_its_card_says(answers):
    card = embedded_card()["measured"]
    (told,) = (
        value for name, value in card.items()
        if name.startswith("nips17") and "known" not in name and value.get("pictures") == 500
    )  # fmt: skip
    first, five = shares(answers["embedded"])
    assert first == pytest.approx(told["top1"], abs=1) and five == pytest.approx(told["top5"], abs=1)


@needs_shared
def test_every_answer_is_complete(answers):
    for name, weights in (("squeezenet", SQUEEZENET.name), ("embedded", "alexnet-embedded.safetensors")):
        categories = load_network(name, SQUEEZENET if name == "squeezenet" else None).categories
        for _, answer in answers[name]:
            assert list(answer) == ["image", "network", "weights", "top"]
            assert (answer["network"], answer["weights"]) == (name, weights)
            assert len(answer["top"]) == 5 and all(
                list(g) == ["index", "category", "probability"] for g in answer["top"]
            )
            assert all(guess["category"] == categories[guess["index"]] for guess in answer["top"])
            probabilities = [guess["probability"] for guess in answer["top"]]
            assert probabilities == sorted(probabilities, reverse=True) and 0 < sum(probabilities) <= 1.00001


# --- classify ---------------------------------------------------------------------------------------


def test_a_bad_picture_among_good_ones(tmp_path, capsys):
    bad = tmp_path / "notes.jpg"
    bad.write_text("no picture")
    good = tmp_path / "ä cat.png"
    good.write_bytes(sample("cat").png())
    images = [good, bad, tmp_path / "none.png", "sample:coffee", "sample:nobody", good]
    code, out, err = here("classify", "--json", "--top", 2, *images, capsys=capsys)
    answers = [json.loads(line) for line in out.splitlines()]
    assert [answer["image"] for answer in answers] == [str(good), "sample:coffee", str(good)]
    assert answers[0]["top"] == answers[2]["top"] != answers[1]["top"]
    assert code == 2 and [line.split(": ")[0] for line in err.splitlines()[:2]] == [
        str(bad),
        str(tmp_path / "none.png"),
    ]
    assert len(err.splitlines()) == 3 and "nobody" in err.splitlines()[2]


def test_answers_for_people(capsys):
    code, out, err = here("classify", "sample:cat", "--top", 3, capsys=capsys)
    best = load_network().classify(sample("cat"), 3)
    expected = ["sample:cat"] + [f"  {guess.probability:7.2%}  {guess.category}" for guess in best]
    assert (code, out.splitlines(), err) == (0, expected, "")


@pytest.mark.parametrize("top", [1, 7, 1000, 5000])
def test_how_many_guesses(top, capsys):
    _, out, _ = here("classify", "--json", "--top", top, "sample:cat", capsys=capsys)
    assert len(json.loads(out)["top"]) == min(top, 1000)


@pytest.mark.parametrize("top", ["0", "-1", "many", "1.5"])
def test_not_a_number_of_guesses(top, capsys):
    code, out, err = here("classify", f"--top={top}", "sample:cat", capsys=capsys)
    assert code == 2 and out == "" and f"{top} is not a number from 1 up" in err.splitlines()[-1]


def test_names_that_no_terminal_can_show(tmp_path):
    path = os.fsencode(tmp_path) + b"/caf\xe9.png"
    Path(os.fsdecode(path)).write_bytes(sample("cat").png())
    code, out, err = command("classify", "--json", os.fsdecode(path), env={"PYTHONIOENCODING": "utf-8"})
    assert (code, err) == (0, "") and json.loads(out)["image"] == os.fsdecode(path)
    code, out, err = command("classify", tmp_path / "日本.png", env={"PYTHONIOENCODING": "latin-1"})
    assert (code, out) == (2, "") and "There is no file" in one_sentence(err)


def test_a_reader_that_has_seen_enough():
    process = start("classify", *["sample:cat"] * 3000)  # more than a pipe holds
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(timeout=120) == 141 and process.stderr.read() == ""
    process.stderr.close()


def odd_pictures(folder: Path) -> list[Path]:
    """Good pictures that libraries like to remark upon."""
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8))
    palette = noise.quantize(64)
    palette.save(folder / "palette.png", transparency=bytes(range(0, 256, 4)))
    tags = TiffImagePlugin.ImageFileDirectory_v2()
    tags[65000], tags.tagtype[65000] = "private", 2
    noise.save(folder / "tags.tif", tiffinfo=tags)
    noise.save(folder / "exif.jpg", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\x03broken")
    data = io.BytesIO()
    noise.save(data, "TIFF")
    (folder / "shorter.tif").write_bytes(data.getvalue()[:-9])
    return sorted(folder.iterdir())


def test_libraries_remarks_stay_off_the_screen(tmp_path):
    code, out, err = command("classify", "--top", 1, *odd_pictures(tmp_path))
    lines = err.splitlines()
    assert code == 2 and len(lines) == 1 and lines[0].startswith(str(tmp_path / "shorter.tif")), err
    assert out.count(str(tmp_path)) == 3


# --- what can go wrong -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["classify", "--network", "lenet", "sample:cat"], "There is no network “lenet”"),
        (["classify", "--network", "vgg16", "sample:cat"], "weights fetch vgg16"),
        (["classify", "--network", "squeezenet", "--weights", "/none.pth", "sample:cat"], "no weights file /none.pth"),
        pytest.param(
            ["classify", "--network", "alexnet", "--weights", SQUEEZENET, "sample:cat"],
            "made for the one-card AlexNet",
            marks=needs_shared,
        ),
        (
            ["filters", "--network", "squeezenet", "--weights", ROOT / "README.md", "-o", "x.png"],
            "README.md is damaged",
        ),
        (["classify", "none.jpg"], "none.jpg"),
        (["maps", "sample:cat", "--layer", "conv9", "-o", "x.png"], "no layer “conv9”"),
        (["maps", "sample:nobody", "--layer", "conv1", "-o", "x.png"], "nobody"),
        (["filters", "-o", "/none/x.png"], "/none/x.png could not be written: No such file"),
        (["filters", "-o", "/"], "could not be written"),
        (["weights", "fetch", "lenet"], "There is no network “lenet”"),
    ],
)
def test_one_sentence_and_exit_code_2(arguments, said, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    code, out, err = here(*arguments, capsys=capsys)
    assert code == 2 and out == "" and said in one_sentence(err)
    assert os.listdir(tmp_path) == []


def test_the_same_in_a_process_of_its_own():
    code, out, err = command("classify", "--network", "squeezenet", "--weights", "/none.pth", "sample:cat")
    assert (code, out) == (2, "") and one_sentence(err) == "There is no weights file /none.pth."


# --- filters and maps -------------------------------------------------------------------------------


def test_filters_on_a_sheet(tmp_path, capsys):
    for options in ([], ["--shared"]):
        assert here("filters", *options, "-o", tmp_path / "f.png", capsys=capsys) == (0, "", "")
        found = (tmp_path / "f.png").read_bytes()
        assert found == filter_sheet(first_layer(load_network()), shared=bool(options))
        with Image.open(io.BytesIO(found)) as image:
            assert (image.format, image.mode) == ("PNG", "RGB")


def test_maps_on_a_sheet(tmp_path, capsys):
    picture = tmp_path / "cat.png"
    picture.write_bytes(sample("cat").png())
    trace = load_network().trace(load_picture(picture))
    for layer, options in (("conv1", []), ("conv5", ["--shared"]), ("pool2", [])):
        assert here("maps", picture, "--layer", layer, *options, "-o", tmp_path / "m.png", capsys=capsys) == (0, "", "")
        assert (tmp_path / "m.png").read_bytes() == map_sheet(trace[layer].numpy(), shared=bool(options))
    # one tile of conv1 once more, from the numbers themselves
    here("maps", picture, "--layer", "conv1", "-o", tmp_path / "m.png", capsys=capsys)
    with Image.open(tmp_path / "m.png") as image:
        tile = np.asarray(image.convert("RGB"))[58 : 58 + 55, 2 * 58 : 2 * 58 + 55]
    numbers = trace["conv1"][14].numpy()
    np.testing.assert_array_equal(tile, magma()[np.round(255 * (numbers / numbers.max())).astype(int)])


@needs_shared
def test_the_famous_layout_of_another_network(tmp_path, capsys):
    options = ["--network", "squeezenet", "--weights", SQUEEZENET, "-o", tmp_path / "f.png"]
    assert here("filters", *options, capsys=capsys) == (0, "", "")
    with Image.open(tmp_path / "f.png") as image:
        assert image.size == (12 * (7 * 6 + 4) - 4, 8 * (7 * 6 + 4) - 4)  # 96 filters of 7×7, six times larger


# --- weights ----------------------------------------------------------------------------------------


@needs_shared
def test_which_weights_are_here(monkeypatch, tmp_path, capsys):
    (tmp_path / "squeezenet.pth").symlink_to(SQUEEZENET)
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path))
    code, out, err = here("weights", "list", capsys=capsys)
    lines = {line.split()[0]: line for line in out.splitlines()}
    assert (code, err) == (0, "") and list(lines) == list(NAMES)
    assert str(tmp_path / "squeezenet.pth") in lines["squeezenet"] and " 5.0 MB" in lines["squeezenet"]
    assert "244.4 MB  not here; fetch it with: weights fetch alexnet" in lines["alexnet"]


@needs_shared
def test_verifying_weights(monkeypatch, tmp_path, capsys):
    (tmp_path / "squeezenet.pth").symlink_to(SQUEEZENET)
    monkeypatch.setenv("EXPLAINER_WEIGHTS", str(tmp_path))
    code, out, err = here("weights", "verify", capsys=capsys)
    assert (code, err) == (0, "") and [line.split()[:2] for line in out.splitlines()] == [
        ["embedded", "good"], ["squeezenet", "good"]
    ]  # fmt: skip
    (tmp_path / "alexnet.pth").write_bytes(b"nothing of use")
    code, out, err = here("weights", "verify", capsys=capsys)
    assert code == 2 and "alexnet.pth is damaged" in one_sentence(err) and out.count("good") == 2


def test_fetching_what_ships_or_is_here(monkeypatch, tmp_path, capsys):
    code, out, err = here("weights", "fetch", "embedded", capsys=capsys)
    assert code == 0 and "nothing to fetch" in out and err == ""


def test_fetching_without_a_network(monkeypatch, capsys):
    monkeypatch.setattr(type(ENTRIES["alexnet"]), "url", "http://127.0.0.1:9/none")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    code, out, err = here("weights", "fetch", "squeezenet", capsys=capsys)
    assert (code, out) == (2, "") and "Check the network connection" in one_sentence(err)


# --- help -------------------------------------------------------------------------------------------


def test_help_names_every_command(capsys):
    code, out, err = here("--help", capsys=capsys)
    assert (code, err) == (0, "") and {"classify", "filters", "maps", "serve", "weights"} <= set(COMMANDS)
    for name in COMMANDS:
        assert re.search(rf"\n    {name}\s", out)
        code, its_own, err = here(name, "--help", capsys=capsys)
        assert (code, err) == (0, "") and its_own.startswith(f"usage: python -m explainer {name} ")


@pytest.mark.parametrize("arguments", [[], ["paint"], ["classify"], ["filters"], ["maps", "sample:cat", "-o", "x.png"]])
def test_usage(arguments, capsys):
    code, out, err = here(*arguments, capsys=capsys)
    assert (code, out) == (2, "") and err.startswith("usage: ") and "error: " in err and "Traceback" not in err


def test_help_tells_what_there_is():
    """The words of a command's help are typed, so that it need not import what it speaks of."""
    from explainer.dream import RECIPES
    from explainer.dream.objective import FORMS

    code, out, _ = command("dream", "--help")
    words = " ".join(out.split())
    assert code == 0 and FORMS in words and all(recipe in words for recipe in RECIPES)


def test_help_tells_the_digits_settings():
    from explainer.digits import COSTS, PRESETS, Settings
    from explainer.digits.network import INITIAL_WEIGHTS

    code, out, _ = command("digits", "train", "--help")
    words = " ".join(out.split())
    for choices in (PRESETS, COSTS, INITIAL_WEIGHTS):
        assert "{" + ",".join(choices) + "}" in words
    default = Settings()
    for told in (default.hidden[0], default.epochs, default.rate, default.batch, default.cost, default.initial):
        assert f"({told})" in words
    assert code == 0


def test_help_imports_nothing_heavy():
    heavy = ("torch", "numpy", "PIL", "streamlit", "plotly", "torchvision", "skimage", "pandas", "captum")
    script = (
        "import sys, explainer\n"
        "from explainer.commands import COMMANDS, main\n"
        "for arguments in [['--help']] + [[name, '--help'] for name in COMMANDS]:\n"
        "    try: main(arguments)\n"
        "    except SystemExit as end: assert end.code == 0\n"
        f"    print('HEAVY', arguments[0], [name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    loaded = [line for line in done.stdout.splitlines() if line.startswith("HEAVY")]
    assert done.returncode == 0 and len(loaded) == len(COMMANDS) + 1
    assert all(line.endswith(" []") for line in loaded), loaded


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--port", "99999"], "There is no port 99999: choose one from 1024 to 65535, such as 8501."),
        (["--port", "-5"], "There is no port -5: choose one from 1024 to 65535, such as 8501."),
        (["--port", "0"], "There is no port 0: choose one from 1024 to 65535, such as 8501."),
        (["--address", "192.0.2.9"], "This machine has no address 192.0.2.9 to serve at: choose localhost, or"),
        (["--address", "nonsense.invalid"], "There is no address nonsense.invalid: choose localhost, or"),
        (["--address", "x" * 80], "There is no address"),
    ],
)
def test_serve_where_it_cannot_gets_one_sentence(arguments, said, capsys):
    code, out, err = here("serve", *arguments, capsys=capsys)
    assert (code, out) == (2, "") and err.startswith(said) and len(err.splitlines()) == 1


def test_serve_at_a_port_in_use_names_a_free_one(capsys):
    with socket.socket() as taken:
        taken.bind(("localhost", 0))
        taken.listen()
        port = taken.getsockname()[1]
        code, out, err = here("serve", "--port", str(port), capsys=capsys)
    assert (code, out) == (2, "")
    named = re.fullmatch(rf"Port {port} is in use, perhaps by this app already: --port (\d+) is free\.\n", err)
    with socket.socket() as free:
        free.bind(("localhost", int(named[1])))
