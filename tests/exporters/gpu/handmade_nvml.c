/* A library by hand in the place of NVIDIA's, so that the binding to it can be tested without a driver: one GPU, whose
 * state stands in the file named by HANDMADE_NVML: ok, lost (the GPU), gone (the driver), or a number: an XID to report.
 * Struct layouts are those of nvml.h; functions that are absent here are absent as in an older driver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, UNINITIALIZED = 1, NOT_SUPPORTED = 3, INSUFFICIENT_SIZE = 7, DRIVER_NOT_LOADED = 9, TIMEOUT = 10, LOST = 15 };

typedef struct device { int index; } *device_t;
static struct device only;
static int told;

static const char *state(void) {
    static char text[32];
    FILE *file = fopen(getenv("HANDMADE_NVML"), "r");
    memset(text, 0, sizeof text);
    if (file) {
        fread(text, 1, sizeof text - 1, file);
        fclose(file);
    }
    return text;
}
static int is(const char *word) { return strcmp(state(), word) == 0; }
static int session(void) { return is("gone") ? UNINITIALIZED : OK; }
static int device(void) { return is("gone") ? UNINITIALIZED : is("lost") ? LOST : OK; }

int nvmlInitWithFlags(unsigned flags) { return is("gone") ? DRIVER_NOT_LOADED : OK; }
int nvmlShutdown(void) { return OK; }
int nvmlSystemGetDriverVersion(char *text, unsigned size) { strcpy(text, "999.99.99"); return session(); }
int nvmlSystemGetProcessName(unsigned pid, char *text, unsigned size) { strcpy(text, "/opt/\xff/python3 -m x"); return session(); }
int nvmlDeviceGetCount_v2(unsigned *count) { *count = 1; return session(); }
int nvmlDeviceGetHandleByIndex_v2(unsigned index, device_t *found) { *found = &only; return device(); }
int nvmlDeviceGetHandleByUUID(const char *uuid, device_t *found) { *found = &only; return device(); }
int nvmlDeviceGetUUID(device_t d, char *text, unsigned size) { strcpy(text, "GPU-in-c"); return device(); }
int nvmlDeviceGetName(device_t d, char *text, unsigned size) { strcpy(text, "Handmade in C"); return device(); }
int nvmlDeviceGetPowerUsage(device_t d, unsigned *milliwatts) {
    char name[4096];
    snprintf(name, sizeof name, "%s.asked", getenv("HANDMADE_NVML")); /* a byte for each time, for the test to see */
    FILE *file = fopen(name, "a");
    if (file) {
        fputc('.', file);
        fclose(file);
    }
    *milliwatts = 123450;
    return device();
}
int nvmlDeviceGetTotalEnergyConsumption(device_t d, unsigned long long *mj) { *mj = 5000000000ull; return device(); }
int nvmlDeviceGetEnforcedPowerLimit(device_t d, unsigned *milliwatts) { return is("ok") ? NOT_SUPPORTED : device(); }

typedef struct { unsigned gpu, memory; } utilization_t;
int nvmlDeviceGetUtilizationRates(device_t d, utilization_t *found) {
    found->gpu = 97, found->memory = 41;
    return device();
}

typedef struct { unsigned version; unsigned long long total, reserved, free, used; } memory_t;
int nvmlDeviceGetMemoryInfo_v2(device_t d, memory_t *found) {
    if (found->version != (sizeof(memory_t) | 2u << 24)) return 25;
    found->total = 100, found->reserved = 1, found->free = 39, found->used = 60;
    return device();
}

typedef struct {
    unsigned field, scope;
    long long time, latency;
    int type, result;
    union { double d; unsigned u; unsigned long long ull; } value;
} field_t;
int nvmlDeviceGetFieldValues(device_t d, int count, field_t *fields) {
    for (int i = 0; i < count; i++) {
        fields[i].type = 1, fields[i].value.u = 71;
        fields[i].result = fields[i].field == 82 ? OK : NOT_SUPPORTED;
    }
    return device();
}

typedef struct { unsigned pid; unsigned long long memory; unsigned gpu_instance, compute_instance; } process_t;
int nvmlDeviceGetComputeRunningProcesses_v3(device_t d, unsigned *count, process_t *found) {
    if (device()) return device();
    if (*count < 2) {
        *count = 2;
        return INSUFFICIENT_SIZE;
    }
    *count = 2;
    found[0] = (process_t){4711, 59, -1, -1};
    found[1] = (process_t){4712, -1, -1, -1};
    return OK;
}

int nvmlDeviceGetGraphicsRunningProcesses_v2(device_t d, unsigned *count, process_t *found) {
    *count = 0;
    return device();
}

typedef struct { device_t device; unsigned long long type, data; unsigned gpu_instance, compute_instance; } event_t;
int nvmlEventSetCreate(void **set) { *set = &told; return session(); }
int nvmlEventSetFree(void *set) { return OK; }
int nvmlDeviceRegisterEvents(device_t d, unsigned long long types, void *set) { return types == 8 ? device() : NOT_SUPPORTED; }
int nvmlEventSetWait_v2(void *set, event_t *found, unsigned milliseconds) {
    int xid = atoi(state());
    if (session()) return session();
    if (xid == 0 || told == xid || milliseconds != 0) return TIMEOUT;
    told = xid;
    *found = (event_t){&only, 8, xid, -1, -1};
    return OK;
}
