/* Windows.UI.dll: the class Windows.UI.ViewManagement.UISettings, as far as Qt asks for it.
 *
 * One object with two faces, IUISettings and IUISettings3, lives as long as the process. Both
 * tables are filled with "not implemented" and then with what is known. The numbers of the
 * interfaces stand in Microsoft's windows.ui.viewmanagement.idl. */
#include <windows.h>
#include <inspectable.h>
#include <activation.h>

#define METHODS 40

typedef struct { BYTE a, r, g, b; } Color;
typedef struct { void **methods; } Face;

static const IID settings_id =
    {0x85361600, 0x1c63, 0x4627, {0xbc, 0xb1, 0x3a, 0x89, 0xe0, 0xbc, 0x9c, 0x55}};
static const IID settings3_id =
    {0x03021be4, 0x5254, 0x4781, {0x81, 0x94, 0x51, 0x68, 0xf7, 0xd0, 0x6d, 0x7b}};
static const IID agile_id =
    {0x94ea2b94, 0xe9cc, 0x49e0, {0xc0, 0xff, 0xee, 0x64, 0xca, 0x8f, 0x5b, 0x90}};
static const IID unknown_id = {0, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};
static const IID inspectable_id =
    {0xaf86e2e0, 0xb12d, 0x4c6a, {0x9c, 0x5a, 0xd7, 0xaa, 0x65, 0x10, 0x1e, 0x90}};
static const IID factory_id = {0x00000035, 0, 0, {0xc0, 0, 0, 0, 0, 0, 0, 0x46}};

static void *factory_methods[METHODS], *settings_methods[METHODS], *settings3_methods[METHODS];
static Face factory = {factory_methods}, settings = {settings_methods},
            settings3 = {settings3_methods};

static HRESULT WINAPI not_implemented(void) { return E_NOTIMPL; }
static ULONG WINAPI counted(Face *self) { (void)self; return 1; }

static HRESULT WINAPI query(Face *self, const IID *wanted, void **answer)
{
    *answer = NULL;
    if (IsEqualIID(wanted, &unknown_id) || IsEqualIID(wanted, &inspectable_id) ||
        IsEqualIID(wanted, &agile_id))
        *answer = self;
    else if (self == &factory && IsEqualIID(wanted, &factory_id))
        *answer = &factory;
    else if (self != &factory && IsEqualIID(wanted, &settings_id))
        *answer = &settings;
    else if (self != &factory && IsEqualIID(wanted, &settings3_id))
        *answer = &settings3;
    return *answer ? S_OK : E_NOINTERFACE;
}

static HRESULT WINAPI make(Face *self, void **object)
{
    (void)self;
    *object = &settings;
    return S_OK;
}

static HRESULT WINAPI color(Face *self, int which, Color *answer)
{
    static const Color white = {255, 255, 255, 255}, black = {255, 0, 0, 0}, blue = {255, 0, 95, 184};
    (void)self;
    *answer = which == 0 ? white : which == 1 ? black : blue; /* background, text, accents */
    return S_OK;
}

static HRESULT WINAPI add_handler(Face *self, void *handler, LONGLONG *token)
{
    (void)self; (void)handler;
    *token = 1;
    return S_OK;
}

static HRESULT WINAPI remove_handler(Face *self, LONGLONG token)
{
    (void)self; (void)token;
    return S_OK;
}

static void fill(void **methods)
{
    for (int i = 0; i < METHODS; i++)
        methods[i] = not_implemented;
    methods[0] = query;
    methods[1] = methods[2] = counted;
}

__declspec(dllexport) HRESULT WINAPI DllGetActivationFactory(void *name, void **answer)
{
    (void)name;
    fill(factory_methods);
    fill(settings_methods);
    fill(settings3_methods);
    factory_methods[6] = make;
    settings3_methods[6] = color;
    settings3_methods[7] = add_handler;
    settings3_methods[8] = remove_handler;
    *answer = &factory;
    return S_OK;
}

__declspec(dllexport) HRESULT WINAPI DllCanUnloadNow(void) { return S_FALSE; }
